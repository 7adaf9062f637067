"""A rendition: what one output of an image is to be."""

import re
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, Literal, Self

from catalight.domain.errors import OptionError
from catalight.domain.image.formats import Target
from catalight.domain.image.look import Look
from catalight.domain.stored import restored

MAX_RENDITIONS = 8  # of an image
MAX_SIDE = 16_383  # WebP's limit, the smallest of all formats
WHITE = "#ffffff"
COLOUR = "^#(?:[0-9a-fA-F]{3}){1,2}$"
NAME = "^[A-Za-z0-9_-]{1,40}$"
SHORT_COLOUR = 4  # characters, as in CSS: one hexadecimal digit each for red, green and blue


type Quality = int | Literal["auto"]
AUTO: Literal["auto"] = "auto"


class Fit(StrEnum):
    """How an image gets its size.

    INSIDE scales it down to `max_width` and `max_height`. PAD scales it down into `width` x `height` pixels,
    and fills the rest with the background. COVER crops it, in the middle, to the aspect ratio of `width` x
    `height`, and scales that down. An image is never enlarged.
    """

    INSIDE = "inside"
    PAD = "pad"
    COVER = "cover"


@dataclass(frozen=True, slots=True)
class Rendition:
    """One output of each image of a job.

    `quality` is 1 to 100, or `auto`: the lowest one with the `look`, which is GOOD unless set. All sizes
    are pixels; None sets no limit. `background` fills transparent areas when
    the output is a JPEG, and what PAD adds; it is `#rrggbb`, also if it was given as `#rgb`. `name` is empty
    if the job names no renditions. `trim` takes an even border away first. An image with a side of less than
    `min_side` pixels, once it is trimmed, is noted as SMALL.
    """

    quality: Quality = 50
    format: Target = Target.JPEG
    max_width: int | None = None
    max_height: int | None = None
    background: str = WHITE
    name: str = ""
    width: int | None = None
    height: int | None = None
    fit: Fit = Fit.INSIDE
    trim: bool = False
    min_side: int | None = None
    look: Look | None = None

    def __post_init__(self) -> None:
        """Raise OptionError if a value is out of its range, or if two do not belong together."""
        self._check_quality()
        for field in ("max_width", "max_height", "width", "height", "min_side"):
            _check_range(field, getattr(self, field), MAX_SIDE)
        if not re.fullmatch(COLOUR, self.background):
            raise OptionError("background", self.background, "a colour such as #ffffff or #fff")
        if len(self.background) == SHORT_COLOUR:
            doubled = "".join(2 * digit for digit in self.background[1:])
            object.__setattr__(self, "background", f"#{doubled}")
        if self.name and not re.fullmatch(NAME, self.name):
            raise OptionError("name", self.name, "1 to 40 letters, digits, - and _")
        self._check_fit()

    def _check_quality(self) -> None:
        if self.quality == AUTO:
            object.__setattr__(self, "look", self.look or Look.GOOD)
            return
        _check_range("quality", self.quality, 100, f", or {AUTO}")
        if self.look:
            raise OptionError(
                "look", self.look, f"nothing, unless quality={AUTO}: set that, or leave look out"
            )

    def _check_fit(self) -> None:
        inside = self.fit is Fit.INSIDE
        unused = ("width", "height") if inside else ("max_width", "max_height")
        for field in unused:
            value = getattr(self, field)
            if value is not None:
                raise OptionError(field, str(value), f"nothing: it is not used with fit={self.fit}")
        if not inside and (self.width is None or self.height is None):
            raise OptionError("fit", self.fit, "inside, unless both width and height are set")

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Read what `to_document` wrote."""
        return restored(
            cls,
            document,
            format=Target(document["format"]),
            fit=Fit(document.get("fit", Fit.INSIDE)),
            look=Look(document["look"]) if document.get("look") else None,
        )

    def to_document(self) -> dict[str, Any]:
        """Return plain values for storage. Fields that a release added are left out if they are not used."""
        document = {
            **asdict(self),
            "format": self.format.value,
            "fit": self.fit.value,
            "look": self.look and self.look.value,
        }
        for name, default in _ADDED.items():
            if document[name] == default:
                del document[name]
        return document


_FIRST_FIELDS = ("quality", "format", "max_width", "max_height")  # those of the first release
_ADDED = {field.name: field.default for field in fields(Rendition) if field.name not in _FIRST_FIELDS}


def _check_range(field: str, value: int | None, high: int, others: str = "") -> None:
    if value is not None and not 1 <= value <= high:
        raise OptionError(field, str(value), f"a whole number from 1 to {high}{others}")
