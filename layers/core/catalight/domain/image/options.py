"""The compression options that a client may set for a job."""

import re
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from catalight.domain.errors import OptionError

MAX_SIDE = 16_383  # WebP's limit, the smallest of all formats
WHITE = "#ffffff"
COLOUR = "^#(?:[0-9a-fA-F]{3}){1,2}$"
SHORT_COLOUR = 4  # characters, as in CSS: one hexadecimal digit each for red, green and blue


class ImageFormat(StrEnum):
    """Formats of output images."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    AVIF = "avif"
    GIF = "gif"

    @property
    def extension(self) -> str:
        """The file name extension without its dot. For JPEG it is `jpg`, which more importers know."""
        return "jpg" if self is ImageFormat.JPEG else self.value

    @property
    def media_type(self) -> str:
        """The format's IANA media type."""
        return f"image/{self.value}"


class Target(StrEnum):
    """The requested output: one format, the source's own format, or whichever format is smallest."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    AVIF = "avif"
    KEEP = "keep"
    AUTO = "auto"

    @property
    def formats(self) -> tuple[ImageFormat, ...]:
        """The formats that the outputs may have, without knowledge of the sources."""
        if self in (Target.KEEP, Target.AUTO):
            return tuple(ImageFormat)
        return (ImageFormat(self.value),)


@dataclass(frozen=True, slots=True)
class Options:
    """Compression options of a job.

    `quality` is 1 to 100. `max_width` and `max_height` are pixels; None sets no limit. An image is never
    enlarged and keeps its aspect ratio. `background` fills transparent areas when the output is a JPEG; it is
    `#rrggbb`, also if it was given as `#rgb`.
    """

    quality: int = 50
    format: Target = Target.JPEG
    max_width: int | None = None
    max_height: int | None = None
    background: str = WHITE

    def __post_init__(self) -> None:
        """Raise OptionError if a value is out of its range."""
        _check_range("quality", self.quality, 100)
        _check_range("max_width", self.max_width, MAX_SIDE)
        _check_range("max_height", self.max_height, MAX_SIDE)
        if not re.fullmatch(COLOUR, self.background):
            raise OptionError("background", self.background, "a colour such as #ffffff or #fff")
        if len(self.background) == SHORT_COLOUR:
            doubled = "".join(2 * digit for digit in self.background[1:])
            object.__setattr__(self, "background", f"#{doubled}")

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Read what `to_document` wrote."""
        return cls(**{**document, "format": Target(document["format"])})

    def to_document(self) -> dict[str, Any]:
        """Return plain values for storage. A white background is left out, as before the option existed."""
        document = {**asdict(self), "format": self.format.value}
        if self.background == WHITE:
            del document["background"]
        return document


def _check_range(field: str, value: int | None, high: int) -> None:
    if value is not None and not 1 <= value <= high:
        raise OptionError(field, str(value), f"a whole number from 1 to {high}")
