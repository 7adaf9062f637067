"""Pictures in, light pictures out: the only file that imports Pillow."""

import os
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any

from PIL import AvifImagePlugin, ExifTags, Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.Image import Transpose
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from catalight.adapters import jpeg_requantise, jpeg_scans
from catalight.adapters.memory_file import memory_file
from catalight.adapters.stopwatch import Stopwatch
from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.options import ImageFormat, Options
from catalight.domain.picture import LIMITS, Compressed, Limits
from catalight.domain.report import Source, Times

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
_READABLE = [str(reader.format) for reader in _READERS]

AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # each further thread of the decoder holds frames of its own

# What Pillow raises for bytes that are not what they claim to be: found by a million mutated files.
_BAD_BYTES = (
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

_TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
_FIRST_SIDEWAYS = 5  # orientations from here on swap width and height

_GREY_MODES = frozenset({"1", "L", "LA", "F"})
_PROFILE_SPACES = {"L": b"GRAY", "LA": b"GRAY", "RGB": b"RGB ", "RGBA": b"RGB "}
_MAX_PROFILE_BYTES = 255 * 65_519  # what a JPEG has room for

_WRITABLE_MODES = {
    ImageFormat.JPEG: {"L", "RGB"},
    ImageFormat.PNG: {"L", "LA", "RGB", "RGBA"},
    ImageFormat.WEBP: {"RGB", "RGBA"},
    ImageFormat.AVIF: {"L", "RGB", "RGBA"},
}

# How a whole file ends; a RIFF and an ISO file say their length at the beginning instead.
_ENDS = {ImageFormat.JPEG: b"\xff\xd9", ImageFormat.PNG: b"IEND\xaeB`\x82"}

# JPEG's limit is libjpeg's, AVIF's is what its decoders take; Pillow writes a PNG of any size.
_MAX_SIDES = {ImageFormat.JPEG: 65_500, ImageFormat.WEBP: 16_383, ImageFormat.AVIF: 32_768}


# For the best Huffman tables libjpeg holds all coefficients: 50 megapixels take 390 MB, without them 245.
OPTIMISED_PIXELS = 25_000_000

type Size = tuple[int, int]


def compress(data: bytes, options: Options, limits: Limits = LIMITS) -> Compressed:
    """Decode one picture (the first frame of an animation), fit it into `options` and encode it.

    The same arguments give the same bytes. Raises ImageError: `not_an_image` for a format that is not
    read, `corrupt_image` for one that cannot be decoded in full, `too_many_pixels` where that would go
    beyond `limits` or a side is longer than the output format allows, `too_many_bytes` where the output
    would.
    """
    with memory_file() as file:
        layout, times = compress_into(file, data, options, limits)
        file.seek(0)
        source = Source(layout.source_format, *layout.upright)
        return Compressed(file.read(), options.format, *layout.target, source, times)


def compress_into(file: IO[bytes], data: bytes, options: Options, limits: Limits) -> tuple["Layout", Times]:
    """The same, with the output written into an empty file, which is checked to hold it."""
    _prepare_pillow()
    watch = Stopwatch()
    with _bad_bytes_mapped(data, limits):
        source, layout = _opened(data, options, limits)
        light = _requantised(source, data, layout, options)
        if light is None:
            picture, profile = _decoded(source, layout)
    decode = watch.lap()  # of the quick way, all of it
    if light is None:
        picture = _placed(picture, layout)
        resize = watch.lap()
        limits.check_output(options.format, *layout.target, transparent=picture.mode.endswith("A"))
        picture = _writable(picture, options.format)
        _encode(file, picture, options, _profile_for(picture.mode, profile), limits)
    elif len(light) <= limits.output_bytes:
        resize = 0
        file.write(light)
    else:
        raise limits.too_many_bytes()
    _check_whole(file, layout.target, options.format)
    return layout, Times(decode=decode, resize=resize, encode=watch.lap())


@dataclass(frozen=True, slots=True)
class Layout:
    """How a picture lies in its file, and the size it is to have: both sizes upright."""

    source_format: str
    orientation: int
    upright: Size
    target: Size

    def as_stored(self, size: Size) -> Size:
        """An upright size as it is before the picture is turned."""
        return _swapped(size, self.orientation >= _FIRST_SIDEWAYS)


def _prepare_pillow() -> None:
    """Ignore Pillow's warnings (odd metadata, mostly).

    Set on every call, because whoever called `warnings.catch_warnings` in between has undone it; not undone
    here, because that would race with other threads.
    """
    warnings.filterwarnings("ignore", module=r"PIL\.")


@contextmanager
def _bad_bytes_mapped(data: bytes, limits: Limits) -> Iterator[None]:
    """Turn what Pillow raises while it reads `data` into an ImageError."""
    try:
        yield
    except Image.DecompressionBombError as error:
        detail = (
            f"The picture has more than {Image.MAX_IMAGE_PIXELS:,} pixels; "
            f"at most {limits.pixels:,} are taken."
        )
        raise ImageError(ImageErrorCode.TOO_MANY_PIXELS, detail) from error
    except _BAD_BYTES as error:
        if _claims_to_be_readable(data):
            detail = f"The picture's {len(data):,} bytes are damaged or incomplete."
            raise ImageError(ImageErrorCode.CORRUPT_IMAGE, detail) from error
        detail = f"The {len(data):,} bytes are not a picture; taken are {', '.join(_READABLE)}."
        raise ImageError(ImageErrorCode.NOT_AN_IMAGE, detail) from error


def _claims_to_be_readable(data: bytes) -> bool:
    """Whether the first bytes are those of a format that is read."""
    accepts = (Image.OPEN[name][1] for name in _READABLE)
    return any(accept is not None and accept(data[:16]) is True for accept in accepts)


def _opened(data: bytes, options: Options, limits: Limits) -> tuple[Image.Image, Layout]:
    """The picture, whose pixels may still be coded, and its layout."""
    source = Image.open(BytesIO(data), formats=_READABLE)
    _check_header(source, data, limits)
    if not isinstance(source, JpegImageFile):  # which has to wait for draft()
        source.load()  # before the orientation is asked: a PNG's EXIF may follow its pixels
    orientation = _orientation(source)
    upright = _swapped(source.size, orientation >= _FIRST_SIDEWAYS)
    layout = Layout(_format(source).lower(), orientation, upright, _fitted(upright, options))
    _check_sides(layout.target, options.format)
    return source, layout


def _requantised(source: Image.Image, data: bytes, layout: Layout, options: Options) -> bytes | None:
    """What comes of the quick way, for a JPEG that becomes one as it lies."""
    if not isinstance(source, JpegImageFile) or options.format is not ImageFormat.JPEG:
        return None
    if layout.orientation != 1 or layout.target != source.size or source.mode not in _PROFILE_SPACES:
        return None
    profile = _profile_for(source.mode, source.info.get("icc_profile"))
    return jpeg_requantise.requantised(data, options.quality, profile)


def _decoded(source: Image.Image, layout: Layout) -> tuple[Image.Image, object]:
    """The pixels, in the file's own orientation, and the source's ICC profile."""
    # lets a JPEG decode straight to a nearby smaller size
    source.draft(None, layout.as_stored(layout.target))
    source.load()
    profile = source.info.get("icc_profile")
    return _plain(source), profile


def _check_header(source: Image.Image, data: bytes, limits: Limits) -> None:
    """Refuse what would cost too much, before anything is decoded."""
    limits.check_source(_format(source), *source.size)
    if isinstance(source, JpegImageFile):
        limits.check_scans(jpeg_scans.count(data), *source.size)


def _format(source: Image.Image) -> str:
    """The name of its format; Pillow has one of its own for a JPEG that others follow in the file."""
    return "JPEG" if isinstance(source, JpegImageFile) else str(source.format)


def _placed(picture: Image.Image, layout: Layout) -> Image.Image:
    """The picture in its final size, upright."""
    size = layout.as_stored(layout.target)
    if picture.size != size:
        picture = picture.resize(size, Image.Resampling.BICUBIC)
    turn = _TURNS.get(layout.orientation)
    return picture if turn is None else picture.transpose(turn)


def _check_sides(size: Size, image_format: ImageFormat) -> None:
    limit = _MAX_SIDES.get(image_format)
    if limit is not None and max(size) > limit:
        detail = (
            f"The picture's longer side has {max(size):,} pixels; {image_format} holds at most {limit:,}."
        )
        raise ImageError(ImageErrorCode.TOO_MANY_PIXELS, detail)


def _orientation(source: Image.Image) -> int:
    """The EXIF orientation: 1 is upright, and so is what cannot be read."""
    try:
        found = source.getexif().get(ExifTags.Base.Orientation)
    except _BAD_BYTES:
        return 1  # a broken EXIF block is no reason to refuse a picture
    return found if found in _TURNS else 1


def _swapped(size: Size, swap: bool) -> Size:
    return (size[1], size[0]) if swap else size


def _fitted(size: Size, options: Options) -> Size:
    """`size` shrunk into the maximal width and height: never enlarged, aspect kept, at least 1 pixel."""
    width, height = size
    scale = min(1.0, (options.max_width or width) / width, (options.max_height or height) / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _plain(source: Image.Image) -> Image.Image:
    """The loaded pixels as L, LA, RGB or RGBA with 8 bits a channel, free of the source's metadata."""
    if source.mode.startswith("I"):
        source = _eight_bits(source)
    colours = "L" if source.mode in _GREY_MODES else "RGB"
    mode = colours + "A" if source.has_transparency_data else colours
    # An animation is copied: Pillow's AVIF writer would walk through its other frames.
    picture = source.convert(mode) if mode != source.mode or getattr(source, "is_animated", False) else source
    picture.info = {}
    return picture


def _eight_bits(source: Image.Image) -> Image.Image:
    """A 16-bit grey picture, also one that Pillow holds in 32, as L; convert() alone would clip it."""
    picture = source.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    key = source.info.get("transparency")
    picture.info = {} if key is None else {"transparency": key // 257}
    return picture


def _writable(picture: Image.Image, image_format: ImageFormat) -> Image.Image:
    """The picture in a mode that the format can hold; where it has no transparency, on white."""
    modes = _WRITABLE_MODES[image_format]
    if picture.mode in modes:
        return picture
    if picture.mode.endswith("A") and image_format is ImageFormat.JPEG:
        flat = Image.new(picture.mode.removesuffix("A"), picture.size, "white")
        flat.paste(picture, mask=picture.getchannel("A"))
        return flat
    return picture.convert("RGBA" if picture.mode.endswith("A") else "RGB")


def _profile_for(mode: str, profile: object) -> bytes | None:
    """The source's ICC profile if it describes the output's colour space: one of CMYK does not."""
    if not isinstance(profile, bytes) or len(profile) > _MAX_PROFILE_BYTES:
        return None
    return profile if profile[16:20] == _PROFILE_SPACES[mode] else None


def _encode(
    file: IO[bytes], picture: Image.Image, options: Options, profile: bytes | None, limits: Limits
) -> None:
    pixels = picture.width * picture.height
    settings: dict[ImageFormat, dict[str, Any]] = {
        ImageFormat.JPEG: {"quality": options.quality, "optimize": pixels <= OPTIMISED_PIXELS},
        ImageFormat.PNG: {},  # optimize=True takes 9 times as long on photographs for 6 % fewer bytes
        ImageFormat.WEBP: {"quality": options.quality, "method": 2},
        # One thread: with more, libavif cuts tiles by their number, and the bytes depend on the machine.
        ImageFormat.AVIF: {"quality": options.quality, "speed": 9, "max_threads": 1},
    }
    try:
        picture.save(file, options.format.name, icc_profile=profile, **settings[options.format])
        file.flush()
    except (OSError, RuntimeError, ValueError) as error:
        if _length(file) <= limits.output_bytes:  # in the sandbox it cannot grow beyond one more
            # The pixels are sound, so the encoder lacked memory: the libraries have many words for that.
            raise MemoryError(f"no memory to encode {options.format}") from error
        raise limits.too_many_bytes() from error
    if _length(file) > limits.output_bytes:
        raise limits.too_many_bytes()


def _length(file: IO[bytes]) -> int:
    return os.fstat(file.fileno()).st_size


def _check_whole(file: IO[bytes], size: Size, image_format: ImageFormat) -> None:
    """Whether the output is a picture of its format and size, and ends as one; a fault of ours if not."""
    end = _ENDS.get(image_format, b"")
    file.seek(-len(end), os.SEEK_END)
    ends = file.read()
    file.seek(0)
    with Image.open(file, formats=[image_format.name]) as output:
        if output.size != size or ends != end:
            raise RuntimeError(f"the {image_format} of {size} came out as {output.size}, ending in {ends!r}")
