"""The source formats that Pillow reads, and a mapping of its exceptions to ImageError."""

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

from catalight.adapters.codec import foreign
from catalight.adapters.codec.images.formats import bmp, tiff, unsupported
from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.image.limits import Limits

# Importing the class of a plugin registers the plugin; Pillow then does not import all the others.
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

bmp.register()
tiff.register()
AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # each further decoder thread would hold its own frames in memory

_FILTERS: list[object] = []  # our own, once it is set

# What Pillow raises for invalid files: found with a million mutated files.
PILLOW_ERRORS = (
    OSError,  # the usual one: format not identified, truncated, refused by a decoder
    SyntaxError,  # broken chunks found after open(), EXIF without a TIFF header
    ValueError,  # impossible sizes, modes and strips; compressed text or profiles that exceed Pillow's limit
    TypeError,  # TIFF tags whose values have the wrong type
    LookupError,  # a PNG profile without its compression byte
    ArithmeticError,  # an AVIF with a timescale of zero, palettes of 16-bit colours
    AssertionError,  # a palette image without a palette
    RuntimeError,  # raised when libavif refuses a file
    EOFError,  # a WebP whose first frame is missing
    struct.error,  # truncated EXIF records
)


def prepare_pillow() -> None:
    """Ignore Pillow's warnings, which are mostly about odd metadata.

    Call this before each image, because code that uses `warnings.catch_warnings` resets the filter. It is not
    removed afterwards, because that would race with other threads.
    """
    if warnings.filters[:1] != _FILTERS:
        warnings.filterwarnings("ignore", module=r"PIL\.")
        _FILTERS[:] = warnings.filters[:1]


@contextmanager
def mapped(data: bytes, limits: Limits) -> Iterator[None]:
    """Raise an ImageError in place of the exceptions that Pillow raises while it reads `data`."""
    try:
        yield
    except Image.DecompressionBombError as error:
        detail = (
            f"The image has more than {Image.MAX_IMAGE_PIXELS:,} pixels; "
            f"at most {limits.pixels:,} are allowed."
        )
        raise ImageError(ImageErrorCode.TOO_MANY_PIXELS, detail) from error
    except PILLOW_ERRORS as error:
        raise _refusal(data) from error


def _refusal(data: bytes) -> ImageError:
    """Return the error of a source that Pillow refuses: what it is, or that it is damaged."""
    if not _claims_to_be_readable(data) or foreign.by_signature(data):
        supported = f"are not an image in a supported format ({', '.join(READABLE)})"
        detail = f"The {len(data):,} bytes {supported}: {foreign.named(data)}."
        return ImageError(ImageErrorCode.NOT_AN_IMAGE, detail)
    if kind := unsupported.named(data):
        detail = f"The image is {kind}, which is not supported."
    else:
        detail = f"The image's {len(data):,} bytes are damaged or incomplete."
    return ImageError(ImageErrorCode.CORRUPT_IMAGE, detail)


def _claims_to_be_readable(data: bytes) -> bool:
    """Whether the data begins with the signature of a supported format."""
    accepts = (Image.OPEN[name][1] for name in READABLE)
    return any(accept is not None and accept(data[:16]) is True for accept in accepts)
