"""Decode bytes to pixels: upright, in the final size, in sRGB."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import count

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from catalight.adapters.codec.images import copyright_exif, geometry, own_exif, reduced, repair
from catalight.adapters.codec.images.colour import colour_space, convert
from catalight.adapters.codec.images.formats import cmyk_alpha, colour_key, gif
from catalight.adapters.codec.images.geometry import Layout
from catalight.adapters.codec.images.pillow_errors import READABLE
from catalight.adapters.codec.jpeg import scans
from catalight.adapters.codec.stopwatch import Stopwatch
from catalight.domain.image import report
from catalight.domain.image.formats import ImageFormat
from catalight.domain.image.limits import Limits
from catalight.domain.image.rendition import Rendition
from catalight.domain.image.report import Times

_MOVING = (ImageFormat.GIF, ImageFormat.WEBP)
_FORMATS = {"MPO": ImageFormat.JPEG} | {output.name: output for output in ImageFormat}


@dataclass(frozen=True, slots=True)
class Source:
    """An image whose header has been read. `format` is None if Catalight does not write that format.

    `data` is the repaired source, and `ended` is false if that gave it its end. `profile` is the ICC profile
    and `exif` the metadata to keep; decoding removes both from `image`.
    """

    image: Image.Image
    data: bytes
    format: ImageFormat | None
    layout: Layout
    profile: object
    exif: bytes
    ended: bool = True

    @property
    def report(self) -> report.Source:
        """The source as results report it."""
        name = "jpeg" if isinstance(self.image, JpegImageFile) else str(self.image.format).lower()
        return report.Source(name, *self.layout.upright)

    @property
    def animated(self) -> bool:
        """Whether this is an animation in a format whose animations are kept."""
        return self.format in _MOVING and getattr(self.image, "is_animated", False)


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """Decoded pixels: one frame, or the frames of an animation with the duration of each in milliseconds.

    `loop` is how often the animation is shown, 0 means for ever. `times` holds the time of decoding and
    resizing.
    """

    frames: list[Image.Image]
    milliseconds: tuple[int, ...] = (0,)
    loop: int = 1
    times: Times = Times()  # noqa: RUF009 - it is frozen

    @property
    def animated(self) -> bool:
        """Whether there is more than one frame."""
        return len(self.frames) > 1

    @property
    def still(self) -> Image.Image:
        """The first frame."""
        return self.frames[0]

    @property
    def transparent(self) -> bool:
        """Whether there is an alpha channel."""
        return self.still.mode.endswith("A")


def opened(data: bytes, options: Rendition, limits: Limits) -> Source:
    """Read the header; raise ImageError before decoding if the image exceeds `limits`."""
    data, ended = repair.repaired(data)
    image = Image.open(BytesIO(data), formats=READABLE)
    own_exif.ignore_xmp(image)
    is_jpeg = isinstance(image, JpegImageFile)
    limits.check_source("JPEG" if is_jpeg else str(image.format), *image.size)
    if is_jpeg:
        limits.check_scans(scans.count(data), *image.size)
    else:  # a JPEG is loaded later, after draft()
        colour_key.load(image)  # before the orientation is read: in a PNG, EXIF may follow the pixels
        repair.check_rows(image, data)
        cmyk_alpha.attach(image, data)
    profile, exif = colour_space.profile(image, data), copyright_exif.read(image)
    image.info["icc_profile"] = profile  # where the decoded frames look for it
    layout = geometry.layout(image, options)
    return Source(image, data, _FORMATS.get(str(image.format)), layout, profile, exif, ended)


def pixels(source: Source, output: ImageFormat | None, limits: Limits, watch: Stopwatch) -> DecodedImage:
    """Decode for an output of this format; None means that the format is not chosen yet."""
    animated = source.animated and (output is None or output in _MOVING)
    return (_all_frames(source, limits, watch) if animated else None) or _first_frame(source, watch)


def _first_frame(source: Source, watch: Stopwatch) -> DecodedImage:
    """Decode a still image, or the first frame of an animation."""
    image, layout, box = source.image, source.layout, None
    composed = gif.first(source.data, image.size) if source.format is ImageFormat.GIF else None
    if composed is None:
        image, box = reduced.load(image, layout.as_stored(layout.target))
    if isinstance(image, JpegImageFile):
        repair.check_coded_data(image, source.data, ended=source.ended)
    if box:
        reduced.cover_edges(image, box)
    plain, decode = composed or convert.plain(image), watch.lap()
    placed = geometry.transform(plain, layout, box)
    return DecodedImage([placed], times=Times(decode=decode, resize=watch.lap()))


def _all_frames(source: Source, limits: Limits, watch: Stopwatch) -> DecodedImage | None:
    """Decode an animation; None if it exceeds the limits.

    Each frame is resized right after it is decoded; both count as decoding time.
    """
    frames, milliseconds = [], []
    is_gif = source.format is ImageFormat.GIF
    for shown in gif.shown(source.data, source.image.size, limits) if is_gif else _webp(source.image, limits):
        if shown is None:
            return None
        frames.append(geometry.transform(shown[0], source.layout))
        milliseconds.append(shown[1])
    mode = "RGBA" if any(frame.mode.endswith("A") for frame in frames) else "RGB"
    frames = [frame if frame.mode == mode else frame.convert(mode) for frame in frames]
    return DecodedImage(frames, tuple(milliseconds), _loop(source), Times(decode=watch.lap()))


def _webp(image: Image.Image, limits: Limits) -> Iterator[gif.Shown | None]:
    """Decode one frame of a WebP after the other; None means that the limits allow no more."""
    for number in count():
        try:
            image.seek(number)
        except EOFError:
            return
        if not limits.allows_animation(number + 1, *image.size):
            image.seek(0)
            yield None
            return
        image.load()
        yield convert.plain(image.copy()), round(image.info.get("duration", 0))


def _loop(source: Source) -> int:
    """Return how often to show it; a GIF stores the number of repeats, and nothing if it is shown once."""
    stored: int | None = source.image.info.get("loop")
    if source.format is ImageFormat.WEBP or not stored:
        return 1 if stored is None else stored
    return stored + 1
