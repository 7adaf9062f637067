"""Encode pixels, and check that the output is complete."""

from ctypes import c_char_p
from io import BytesIO
from typing import Any

from PIL import Image

from catalight.adapters.codec.images import quality
from catalight.adapters.codec.images.colour import convert
from catalight.adapters.codec.images.decode import DecodedImage
from catalight.adapters.codec.images.memory import Pixels
from catalight.adapters.codec.images.output import Output
from catalight.adapters.codec.jpeg import pixels, scans
from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.image.formats import ImageFormat
from catalight.domain.image.limits import Limits
from catalight.domain.image.rendition import AUTO, Rendition
from catalight.domain.image.report import Chosen

_WRITABLE_MODES = {
    ImageFormat.JPEG: {"L", "RGB"},
    ImageFormat.PNG: {"L", "LA", "RGB", "RGBA"},
    ImageFormat.WEBP: {"RGB", "RGBA"},
    ImageFormat.AVIF: {"L", "RGB", "RGBA"},
    ImageFormat.GIF: {"L", "RGB", "RGBA"},
}

# The last bytes of a complete file; RIFF (WebP) and ISO (AVIF) files store their length at the beginning.
_ENDS = {ImageFormat.JPEG: b"\xff\xd9", ImageFormat.PNG: b"IEND\xaeB`\x82", ImageFormat.GIF: b";"}

# The longest side, in pixels. JPEG: the limit of libjpeg. AVIF: the limit of its decoders.
MAX_SIDES = {
    ImageFormat.JPEG: 65_500,
    ImageFormat.PNG: 2**31 - 1,
    ImageFormat.WEBP: 16_383,
    ImageFormat.AVIF: 32_768,
    ImageFormat.GIF: 65_535,
}
OPTIMISED_PIXELS = 25_000_000  # of a JPEG: optimising its Huffman tables takes 4 bytes of memory a pixel
_OPAQUE_ALPHA = 128  # GIF has no partial transparency: a pixel with less alpha becomes transparent
_ONCE = 1


def check_sides(size: tuple[int, int], output: ImageFormat) -> None:
    """Raise ImageError `too_many_pixels` if a side is longer than the format allows."""
    longer, limit = max(size), MAX_SIDES[output]
    if longer > limit:
        detail = f"The image's longer side has {longer:,} pixels; {output} allows at most {limit:,}."
        raise ImageError(ImageErrorCode.TOO_MANY_PIXELS, detail)


def write(
    file: Output,
    decoded: DecodedImage,
    output: ImageFormat,
    options: Rendition,
    exif: bytes,
    limits: Limits,
) -> Chosen | None:
    """Encode an image into an empty file, with `exif` if the format supports EXIF.

    Returns what `quality=auto` chose.
    """
    limits.check_output(output, *decoded.still.size, transparent=decoded.transparent)
    animated = decoded.animated and output in (ImageFormat.WEBP, ImageFormat.GIF)
    frames = [_writable(frame, output, options) for frame in decoded.frames[: None if animated else 1]]
    if output is ImageFormat.JPEG and (made := own_jpeg(frames[0], options, exif)):
        data, chosen = made
        file.overwrite(data)
        return chosen
    settings = _settings(output, frames[0], options, exif)
    if animated:
        settings |= _animation_settings(decoded, frames, output)
    try:
        frames[0].save(file.raw, output.name, **settings)
        file.raw.flush()
    except (OSError, RuntimeError, ValueError) as error:
        if not file.too_long:
            # The pixels are valid, so the encoder ran out of memory, which the libraries report in many ways.
            raise MemoryError(f"not enough memory to encode {output}") from error
        raise file.error() from error
    if file.too_long:
        raise file.error()
    return quality.chosen(options, output)


def own_jpeg(frame: Image.Image, options: Rendition, exif: bytes) -> tuple[bytes, Chosen | None] | None:
    """Encode with the native library; None if it cannot do that."""
    grey = frame.mode == "L"
    try:
        memory = None if grey else Pixels(frame)
    except ValueError:
        return None
    address = memory.address if memory else c_char_p(frame.tobytes())
    if options.quality == AUTO:
        made = pixels.settled(address, frame.size, quality.least(options), exif, grey=grey)
        return made and (made.data, Chosen(made.quality, made.score))
    data = pixels.encoded(address, frame.size, options.quality, exif, grey=grey)
    return None if data is None else (data, None)


def check_whole(data: bytes, size: tuple[int, int], output: ImageFormat) -> None:
    """Raise RuntimeError, because it is a bug, if this is not a complete image of this format and size."""
    end = _ENDS.get(output, b"")
    found = _size(data, output)
    if found != size or not data.endswith(end):
        ends = data[len(data) - len(end) :]
        raise RuntimeError(f"the {output} of size {size} has size {found} and ends in {ends!r}")


def _size(data: bytes, output: ImageFormat) -> tuple[int, int] | None:
    if output is ImageFormat.JPEG:  # Pillow takes a seventh of the time of a small image for that
        return scans.size(data)
    with Image.open(BytesIO(data), formats=[output.name]) as decoded:
        return decoded.size


def _settings(output: ImageFormat, frame: Image.Image, options: Rendition, exif: bytes) -> dict[str, Any]:
    optimised = frame.width * frame.height <= OPTIMISED_PIXELS
    lossy = output in (ImageFormat.JPEG, ImageFormat.WEBP, ImageFormat.AVIF)
    level = {"quality": quality.fixed(options, output)} if lossy else {}
    settings: dict[ImageFormat, dict[str, Any]] = {
        ImageFormat.JPEG: {"optimize": optimised},
        ImageFormat.PNG: {},  # optimize=True: 6 % fewer bytes for photographs, in 9 times the time
        ImageFormat.WEBP: {"method": 2},
        # One thread: with more, libavif makes tiles by their number, and the bytes depend on the machine.
        ImageFormat.AVIF: {"speed": 9, "max_threads": 1},
        ImageFormat.GIF: {},
    }
    return settings[output] | level | ({"exif": exif} if exif and output is not ImageFormat.GIF else {})


def _animation_settings(
    decoded: DecodedImage, frames: list[Image.Image], output: ImageFormat
) -> dict[str, Any]:
    settings = {"save_all": True, "append_images": frames[1:], "duration": list(decoded.milliseconds)}
    if output is ImageFormat.WEBP:
        return settings | {"loop": decoded.loop}
    again = {} if decoded.loop == _ONCE else {"loop": max(0, decoded.loop - 1)}
    # Disposal 2 clears the frame: else the previous frame shows through transparent pixels.
    return settings | again | ({"disposal": 2} if decoded.transparent else {})


def _writable(frame: Image.Image, output: ImageFormat, options: Rendition) -> Image.Image:
    """Convert a frame to a mode that the format supports; flatten it if the format has no transparency."""
    if frame.mode.endswith("A") and output is ImageFormat.JPEG:
        return convert.flattened(frame, options.background)
    if frame.mode not in _WRITABLE_MODES[output]:
        frame = frame.convert("RGBA" if frame.mode.endswith("A") else "RGB")
    if frame.mode == "RGBA" and output is ImageFormat.GIF:
        frame = frame.copy()
        frame.putalpha(frame.getchannel("A").point(lambda alpha: 255 * (alpha >= _OPAQUE_ALPHA)))
    return frame
