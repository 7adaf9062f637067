"""From bytes to pixels: upright, in their final size, in plain colours."""

from dataclasses import dataclass
from io import BytesIO
from itertools import count

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from catalight.adapters.codec.images import colour, copyright_exif, geometry
from catalight.adapters.codec.images.geometry import Layout
from catalight.adapters.codec.images.pillow_errors import READABLE
from catalight.adapters.codec.jpeg import scans
from catalight.adapters.codec.stopwatch import Stopwatch
from catalight.domain.image import report
from catalight.domain.image.limits import Limits
from catalight.domain.image.options import ImageFormat, Options
from catalight.domain.image.report import Times

_MOVING = (ImageFormat.GIF, ImageFormat.WEBP)
_FORMATS = {"MPO": ImageFormat.JPEG} | {output.name: output for output in ImageFormat}


@dataclass(frozen=True, slots=True)
class Source:
    """A picture whose header is read. `format` is None for those that are not written again.

    `profile` is its ICC profile, `exif` what is kept of its metadata: decoding it takes them from `image`.
    """

    image: Image.Image
    data: bytes
    format: ImageFormat | None
    layout: Layout
    profile: object
    exif: bytes

    @property
    def report(self) -> report.Source:
        """What reports tell of it."""
        name = "jpeg" if isinstance(self.image, JpegImageFile) else str(self.image.format).lower()
        return report.Source(name, *self.layout.upright)

    @property
    def moving(self) -> bool:
        """Whether it is an animation of a format whose animations are kept."""
        return self.format in _MOVING and getattr(self.image, "is_animated", False)


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """Decoded pixels: one frame, or those of an animation with the milliseconds that each is shown.

    `loop` is how often it is shown, 0 for ever. `times` are what decoding and resizing it took.
    """

    frames: list[Image.Image]
    milliseconds: tuple[int, ...] = (0,)
    loop: int = 1
    times: Times = Times()  # noqa: RUF009 - it is frozen

    @property
    def moves(self) -> bool:
        """Whether it has more than one frame."""
        return len(self.frames) > 1

    @property
    def still(self) -> Image.Image:
        """The first frame."""
        return self.frames[0]

    @property
    def transparent(self) -> bool:
        """Whether it has an alpha channel."""
        return self.still.mode.endswith("A")


def opened(data: bytes, options: Options, limits: Limits) -> Source:
    """Read the header, and refuse what would cost too much before anything is decoded."""
    image = Image.open(BytesIO(data), formats=READABLE)
    is_jpeg = isinstance(image, JpegImageFile)
    limits.check_source("JPEG" if is_jpeg else str(image.format), *image.size)
    if is_jpeg:
        limits.check_scans(scans.count(data), *image.size)
    else:  # a JPEG has to wait for draft()
        image.load()  # before the orientation is asked: a PNG's EXIF may follow its pixels
    profile, exif = image.info.get("icc_profile"), copyright_exif.read(image)
    return Source(
        image, data, _FORMATS.get(str(image.format)), geometry.layout(image, options), profile, exif
    )


def pixels(source: Source, output: ImageFormat | None, limits: Limits, watch: Stopwatch) -> DecodedImage:
    """The pixels for an output of this format, or of one that is still to be chosen."""
    moving = source.moving and (output is None or output in _MOVING)
    return (_all_frames(source, limits, watch) if moving else None) or _first_frame(source, watch)


def _first_frame(source: Source, watch: Stopwatch) -> DecodedImage:
    """The picture, or what an animation begins with."""
    image, layout = source.image, source.layout
    image.draft(None, layout.as_stored(layout.target))  # a JPEG decodes straight to a nearby smaller size
    image.load()
    plain, decode = colour.plain(image), watch.lap()
    placed = geometry.transform(plain, layout)
    return DecodedImage([placed], times=Times(decode=decode, resize=watch.lap()))


def _all_frames(source: Source, limits: Limits, watch: Stopwatch) -> DecodedImage | None:
    """An animation; None where it has more than is allowed, or frames that differ in size.

    Each frame is resized as it is decoded, which counts as decoding.
    """
    image, frames, milliseconds = source.image, [], []
    size = image.size
    for number in count():
        try:
            image.seek(number)
        except EOFError:
            break
        if not limits.moves(number + 1, *size) or image.size != size:
            image.seek(0)
            image.load()
            return None
        image.load()
        frames.append(geometry.transform(colour.plain(image.copy()), source.layout))
        milliseconds.append(round(image.info.get("duration", 0)))
    mode = "RGBA" if any(frame.mode.endswith("A") for frame in frames) else "RGB"
    frames = [frame if frame.mode == mode else frame.convert(mode) for frame in frames]
    return DecodedImage(frames, tuple(milliseconds), _loop(source), Times(decode=watch.lap()))


def _loop(source: Source) -> int:
    """A GIF tells how often it is shown again, and nothing where it is not."""
    told: int | None = source.image.info.get("loop")
    if source.format is ImageFormat.WEBP or not told:
        return 1 if told is None else told
    return told + 1
