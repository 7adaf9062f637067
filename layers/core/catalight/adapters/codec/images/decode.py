"""Decode bytes to pixels in sRGB, as they are stored."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import count

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from catalight.adapters.codec.images import copyright_exif, geometry, own_exif, reduced, repair
from catalight.adapters.codec.images.colour import colour_space, convert
from catalight.adapters.codec.images.fitting import Box, Size, sides
from catalight.adapters.codec.images.formats import cmyk_alpha, colour_key, gif
from catalight.adapters.codec.images.geometry import View
from catalight.adapters.codec.images.pillow_errors import READABLE
from catalight.adapters.codec.jpeg import plain, scans, segments
from catalight.adapters.codec.jpeg.header import COMPONENTS
from catalight.adapters.codec.jpeg.plain import Plain
from catalight.domain.image import report
from catalight.domain.image.formats import ImageFormat
from catalight.domain.image.limits import Limits

MOVING = (ImageFormat.GIF, ImageFormat.WEBP)
_FORMATS = {"MPO": ImageFormat.JPEG} | {output.name: output for output in ImageFormat}


class Source:
    """An image whose header has been read. `format` is None if Catalight does not write that format.

    `data` is the repaired source, and `ended` is false if that gave it its end. `profile` is the ICC profile
    and `exif` the metadata to keep. `mode` and `stored` are those of the pixels as stored.
    """

    def __init__(self, data: bytes, *, ended: bool, limits: Limits, header: Plain | None = None) -> None:
        """Raise ImageError before decoding if the image exceeds `limits`.

        Pillow opens an ordinary JPEG, which has a `header`, only if its pixels are needed.
        """
        self.data, self.ended = data, ended
        self._image: Image.Image | None = None
        self.profile: object = None
        self.format: ImageFormat | None = ImageFormat.JPEG
        exif = _checked(header, data, limits) if header else None
        if header and exif is not None:
            name, self.mode, self.stored, self.profile = "jpeg", header.mode, header.size, header.profile
            self.animated = False
        else:
            image = self._image = self._opened(limits)
            exif = own_exif.read(image)
            name = "jpeg" if isinstance(image, JpegImageFile) else str(image.format).lower()
            self.mode, self.stored = image.mode, image.size
            self.format = _FORMATS.get(str(image.format))
            self.animated = self.format in MOVING and getattr(image, "is_animated", False)
        self.exif, self.orientation = copyright_exif.of(exif), geometry.orientation(exif)
        self.upright = geometry.swapped(self.stored, self.orientation)
        self.report = report.Source(name, *self.upright)

    def image(self, limits: Limits) -> Image.Image:
        """Return the opened image: decoding changes it, so that it is opened anew for the next call."""
        image, self._image = self._image, None
        return image or self._opened(limits)

    def _opened(self, limits: Limits) -> Image.Image:
        image = Image.open(BytesIO(self.data), formats=READABLE)
        own_exif.ignore_xmp(image)
        is_jpeg = isinstance(image, JpegImageFile)
        limits.check_source("JPEG" if is_jpeg else str(image.format), *image.size)
        if is_jpeg:
            limits.check_scans(scans.count(self.data), *image.size)
        else:  # a JPEG is loaded later, after draft()
            colour_key.load(image)  # before the orientation is read: in a PNG, EXIF may follow the pixels
            repair.check_rows(image, self.data)
            cmyk_alpha.attach(image, self.data)
        self.profile = colour_space.profile(image, self.data)
        image.info["icc_profile"] = self.profile  # where the decoded frames look for it
        return image


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """Decoded pixels: one frame, or the frames of an animation with the duration of each in milliseconds.

    `loop` is how often the animation is shown, 0 means for ever.
    """

    frames: list[Image.Image]
    milliseconds: tuple[int, ...] = (0,)
    loop: int = 1

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


@dataclass(frozen=True, slots=True)
class Pixels:
    """A decoded image, or an output that others are made from, and what of the source it shows.

    `reduced` means that it was decoded at a smaller scale than the source has.
    """

    image: DecodedImage
    view: View
    reduced: bool = False

    @property
    def bytes(self) -> int:
        """The memory that it takes at most."""
        return 4 * len(self.image.frames) * self.view.size[0] * self.view.size[1]

    def suffices(self, needed: Size) -> bool:
        """Whether it is not smaller than this size, or as large as the source."""
        width, height = sides(self.view.box or (0, 0, *self.view.size))
        return not self.reduced or (width >= needed[0] and height >= needed[1])


def _checked(header: Plain, data: bytes, limits: Limits) -> Image.Exif | None:
    """Return the EXIF of a JPEG that is within the limits; None if only Pillow can tell.

    Scans are not counted if no more can be read than a sequential JPEG may have.
    """
    pixels = header.size[0] * header.size[1]
    exif = own_exif.of_jpeg(header.exif)
    if exif is None or pixels > (Image.MAX_IMAGE_PIXELS or 0):  # where it warns
        return None
    limits.check_source("JPEG", *header.size)
    if header.progressive or COMPONENTS * pixels > limits.scanned:
        limits.check_scans(scans.count(data), *header.size)
    return exif


def opened(data: bytes, limits: Limits) -> Source:
    """Read the header; raise ImageError before decoding if the image exceeds `limits`."""
    header = plain.read(data)
    if header and data.endswith(segments.EOI):
        return Source(data, ended=True, limits=limits, header=header)
    repaired, ended = repair.repaired(data)
    header = plain.read(repaired) if header is None and repaired is not data else header
    return Source(repaired, ended=ended, limits=limits, header=header)


def pixels(source: Source, needed: Size, limits: Limits, *, moving: bool) -> Pixels:
    """Decode a source, at a scale at which it is not smaller than the needed size, as it is stored.

    `moving` asks for all frames of an animation; if they exceed the limits, there is only the first.
    """
    image = source.image(limits)
    return (_all_frames(source, image, limits) if moving else None) or _first_frame(source, image, needed)


def _first_frame(source: Source, image: Image.Image, needed: Size) -> Pixels:
    """Decode a still image, or the first frame of an animation."""
    box = None
    composed = gif.first(source.data, image.size) if source.format is ImageFormat.GIF else None
    if composed is None:
        image, box = reduced.load(image, needed)
    if isinstance(image, JpegImageFile):
        repair.check_coded_data(image, source.data, ended=source.ended)
    if box:
        reduced.cover_edges(image, box)
    still = composed or convert.plain(image)
    return Pixels(DecodedImage([still]), _view(source, still.size, box), box is not None)


def _all_frames(source: Source, image: Image.Image, limits: Limits) -> Pixels | None:
    """Decode an animation; None if it exceeds the limits."""
    frames, milliseconds = [], []
    is_gif = source.format is ImageFormat.GIF
    for shown in gif.shown(source.data, image.size, limits) if is_gif else _webp(image, limits):
        if shown is None:
            return None
        frames.append(shown[0])
        milliseconds.append(shown[1])
    return Pixels(
        DecodedImage(frames, tuple(milliseconds), _loop(source, image)), _view(source, frames[0].size, None)
    )


def _view(source: Source, size: Size, box: Box | None) -> View:
    return View(source.orientation, source.upright, (0, 0, *source.upright), size, box)


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


def _loop(source: Source, image: Image.Image) -> int:
    """Return how often to show it; a GIF stores the number of repeats, and nothing if it is shown once."""
    stored: int | None = image.info.get("loop")
    if source.format is ImageFormat.WEBP or not stored:
        return 1 if stored is None else stored
    return stored + 1
