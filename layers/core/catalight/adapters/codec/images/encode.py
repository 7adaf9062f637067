"""From pixels to a file of a format, checked to be whole."""

import os
from typing import IO, Any

from PIL import Image

from catalight.adapters.codec.images import colour
from catalight.adapters.codec.images.decode import DecodedImage
from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.image.limits import Limits
from catalight.domain.image.options import ImageFormat, Options

_WRITABLE_MODES = {
    ImageFormat.JPEG: {"L", "RGB"},
    ImageFormat.PNG: {"L", "LA", "RGB", "RGBA"},
    ImageFormat.WEBP: {"RGB", "RGBA"},
    ImageFormat.AVIF: {"L", "RGB", "RGBA"},
    ImageFormat.GIF: {"L", "RGB", "RGBA"},
}

# How a whole file ends; a RIFF and an ISO file say their length at the beginning instead.
_ENDS = {ImageFormat.JPEG: b"\xff\xd9", ImageFormat.PNG: b"IEND\xaeB`\x82", ImageFormat.GIF: b";"}

# JPEG's limit is libjpeg's, AVIF's is what its decoders take.
MAX_SIDES = {
    ImageFormat.JPEG: 65_500,
    ImageFormat.PNG: 2**31 - 1,
    ImageFormat.WEBP: 16_383,
    ImageFormat.AVIF: 32_768,
    ImageFormat.GIF: 65_535,
}
OPTIMISED_PIXELS = 25_000_000  # of a JPEG; Huffman tables of its own take 4 bytes a pixel while it is made
_ALPHA_SEEN = 128  # a GIF's pixels are there or not
_ONCE = 1


def check_sides(size: tuple[int, int], output: ImageFormat) -> None:
    """Refuse a side that the format cannot hold."""
    longer, limit = max(size), MAX_SIDES[output]
    if longer > limit:
        detail = f"The picture's longer side has {longer:,} pixels; {output} holds at most {limit:,}."
        raise ImageError(ImageErrorCode.TOO_MANY_PIXELS, detail)


def write(
    file: IO[bytes], decoded: DecodedImage, output: ImageFormat, options: Options, exif: bytes, limits: Limits
) -> None:
    """Encode a picture into an empty file; `exif` goes with it where the format has a place for it."""
    limits.check_output(output, *decoded.still.size, transparent=decoded.transparent)
    moves = decoded.moves and output in (ImageFormat.WEBP, ImageFormat.GIF)
    frames = [_writable(frame, output, options) for frame in decoded.frames[: None if moves else 1]]
    settings = _settings(output, frames[0], options, exif)
    if moves:
        settings |= _motion(decoded, frames, output)
    try:
        frames[0].save(file, output.name, **settings)
        file.flush()
    except (OSError, RuntimeError, ValueError) as error:
        if length(file) <= limits.output_bytes:  # in the sandbox it cannot grow beyond one more
            # The pixels are sound, so the encoder lacked memory: the libraries have many words for that.
            raise MemoryError(f"no memory to encode {output}") from error
        raise limits.too_many_bytes() from error
    if length(file) > limits.output_bytes:
        raise limits.too_many_bytes()


def length(file: IO[bytes]) -> int:
    """Bytes in a file, wherever it stands."""
    return os.fstat(file.fileno()).st_size


def overwrite(file: IO[bytes], data: bytes, limits: Limits) -> None:
    """Leave `data` in a file, and nothing else."""
    if len(data) > limits.output_bytes:
        raise limits.too_many_bytes()
    file.seek(0)
    file.truncate()
    file.write(data)


def check_whole(file: IO[bytes], size: tuple[int, int], output: ImageFormat) -> None:
    """Whether a file is a picture of its format and size, and ends as one; a fault of ours if not."""
    end = _ENDS.get(output, b"")
    file.seek(-len(end), os.SEEK_END)
    ends = file.read()
    file.seek(0)
    with Image.open(file, formats=[output.name]) as decoded:
        if decoded.size != size or ends != end:
            raise RuntimeError(f"the {output} of {size} came out as {decoded.size}, ending in {ends!r}")


def _settings(output: ImageFormat, frame: Image.Image, options: Options, exif: bytes) -> dict[str, Any]:
    optimised = frame.width * frame.height <= OPTIMISED_PIXELS
    settings: dict[ImageFormat, dict[str, Any]] = {
        ImageFormat.JPEG: {"quality": options.quality, "optimize": optimised},
        ImageFormat.PNG: {},  # optimize=True takes 9 times as long on photographs for 6 % fewer bytes
        ImageFormat.WEBP: {"quality": options.quality, "method": 2},
        # One thread: with more, libavif cuts tiles by their number, and the bytes depend on the machine.
        ImageFormat.AVIF: {"quality": options.quality, "speed": 9, "max_threads": 1},
        ImageFormat.GIF: {},
    }
    return settings[output] | ({"exif": exif} if exif and output is not ImageFormat.GIF else {})


def _motion(decoded: DecodedImage, frames: list[Image.Image], output: ImageFormat) -> dict[str, Any]:
    settings = {"save_all": True, "append_images": frames[1:], "duration": list(decoded.milliseconds)}
    if output is ImageFormat.WEBP:
        return settings | {"loop": decoded.loop}
    again = {} if decoded.loop == _ONCE else {"loop": max(0, decoded.loop - 1)}
    # Where something is transparent, what was shown before would be seen through it.
    return settings | again | ({"disposal": 2} if decoded.transparent else {})


def _writable(frame: Image.Image, output: ImageFormat, options: Options) -> Image.Image:
    """The frame in a mode that the format can hold; where that has no transparency, on the background."""
    if frame.mode.endswith("A") and output is ImageFormat.JPEG:
        return colour.flattened(frame, options.background)
    if frame.mode not in _WRITABLE_MODES[output]:
        frame = frame.convert("RGBA" if frame.mode.endswith("A") else "RGB")
    if frame.mode == "RGBA" and output is ImageFormat.GIF:
        frame = frame.copy()
        frame.putalpha(frame.getchannel("A").point(lambda alpha: 255 * (alpha >= _ALPHA_SEEN)))
    return frame
