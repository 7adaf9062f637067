"""What a client may ask of the images of a job."""

import re
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from catalight.domain.errors import OptionError

MAX_SIDE = 16_383  # what WebP can hold, the smallest limit of the formats
WHITE = "#ffffff"
COLOUR = "^#[0-9a-fA-F]{6}$"


class ImageFormat(StrEnum):
    """Formats of output images."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    AVIF = "avif"
    GIF = "gif"

    @property
    def extension(self) -> str:
        """File name extension without its dot: importers know `jpg` rather than `jpeg`."""
        return "jpg" if self is ImageFormat.JPEG else self.value

    @property
    def media_type(self) -> str:
        """The format's IANA media type."""
        return f"image/{self.value}"


class Target(StrEnum):
    """What may be asked for: a format, the source's own, or whatever comes out smallest."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    AVIF = "avif"
    KEEP = "keep"
    AUTO = "auto"

    @property
    def formats(self) -> tuple[ImageFormat, ...]:
        """The formats that its outputs may have: known before any source is."""
        if self in (Target.KEEP, Target.AUTO):
            return tuple(ImageFormat)
        return (ImageFormat(self.value),)


@dataclass(frozen=True, slots=True)
class Options:
    """Compression options of a job.

    `quality` is 1 to 100. `max_width` and `max_height` are pixels; None leaves that side as it is. An
    image is never enlarged and keeps its aspect. `background`, as `#rrggbb`, is what shows through where a
    JPEG is made of a picture that is transparent.
    """

    quality: int = 50
    format: Target = Target.JPEG
    max_width: int | None = None
    max_height: int | None = None
    background: str = WHITE

    def __post_init__(self) -> None:
        """Raise OptionError where a value is out of its range."""
        _check_range("quality", self.quality, 100)
        _check_range("max_width", self.max_width, MAX_SIDE)
        _check_range("max_height", self.max_height, MAX_SIDE)
        if not re.fullmatch(COLOUR, self.background):
            raise OptionError("background", self.background, "a colour such as #ffffff")

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Read what `to_document` wrote."""
        return cls(**{**document, "format": Target(document["format"])})

    def to_document(self) -> dict[str, Any]:
        """Plain values, ready to be stored: where the background is white, as before there was one."""
        document = {**asdict(self), "format": self.format.value}
        if self.background == WHITE:
            del document["background"]
        return document


def _check_range(field: str, value: int | None, high: int) -> None:
    if value is not None and not 1 <= value <= high:
        raise OptionError(field, str(value), f"a whole number from 1 to {high}")
