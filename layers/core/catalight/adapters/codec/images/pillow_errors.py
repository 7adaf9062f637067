"""What is read, and what becomes of bytes that are not what they claim to be."""

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import AvifImagePlugin, Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.image.limits import Limits

# Importing a plugin's class registers the plugin; Pillow then has no reason to import all the others.
_READERS = (
    JpegImageFile,
    PngImageFile,
    WebPImageFile,
    GifImageFile,
    AvifImageFile,
    BmpImageFile,
    TiffImageFile,
)
READABLE = [str(reader.format) for reader in _READERS]

AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # each further thread of the decoder holds frames of its own

# What Pillow raises for bytes that are not what they claim to be: found by a million mutated files.
PILLOW_ERRORS = (
    OSError,  # the usual one: unidentified, truncated, a decoder's refusal
    SyntaxError,  # broken chunks met after open(), EXIF without a TIFF header
    ValueError,  # impossible sizes, modes and strips; text or profiles that inflate past their cap
    TypeError,  # TIFF tags of another type than their names promise
    LookupError,  # a PNG profile without its compression byte
    ArithmeticError,  # an AVIF whose clock has no ticks, palettes of 16-bit colours
    AssertionError,  # a palette picture without a palette
    RuntimeError,  # libavif's refusals
    EOFError,  # a WebP whose first frame is missing
    struct.error,  # EXIF records cut short
)


def prepare_pillow() -> None:
    """Ignore Pillow's warnings (odd metadata, mostly).

    Set on every call, because whoever called `warnings.catch_warnings` in between has undone it; not undone
    here, because that would race with other threads.
    """
    warnings.filterwarnings("ignore", module=r"PIL\.")


@contextmanager
def mapped(data: bytes, limits: Limits) -> Iterator[None]:
    """Turn what Pillow raises while it reads `data` into an ImageError."""
    try:
        yield
    except Image.DecompressionBombError as error:
        detail = (
            f"The picture has more than {Image.MAX_IMAGE_PIXELS:,} pixels; "
            f"at most {limits.pixels:,} are taken."
        )
        raise ImageError(ImageErrorCode.TOO_MANY_PIXELS, detail) from error
    except PILLOW_ERRORS as error:
        if _claims_to_be_readable(data):
            detail = f"The picture's {len(data):,} bytes are damaged or incomplete."
            raise ImageError(ImageErrorCode.CORRUPT_IMAGE, detail) from error
        detail = f"The {len(data):,} bytes are not a picture; taken are {', '.join(READABLE)}."
        raise ImageError(ImageErrorCode.NOT_AN_IMAGE, detail) from error


def _claims_to_be_readable(data: bytes) -> bool:
    """Whether the first bytes are those of a format that is read."""
    accepts = (Image.OPEN[name][1] for name in READABLE)
    return any(accept is not None and accept(data[:16]) is True for accept in accepts)
