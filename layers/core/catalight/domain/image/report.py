"""What making a picture light has taken, and what it was made from."""

from dataclasses import astuple, dataclass


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of each stage, of one picture or summed over many.

    `fetch` is the attempt that succeeded; what a picture waits for its turn is in none of them.
    """

    fetch: int = 0
    decode: int = 0
    resize: int = 0
    encode: int = 0
    store: int = 0

    def __add__(self, other: "Times") -> "Times":
        return Times(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True, slots=True)
class Source:
    """A picture as its host has it: its format (`jpeg`, `tiff`, …) and its pixels, upright."""

    format: str
    width: int
    height: int


def milliseconds(seconds: float) -> int:
    """Rounded to whole milliseconds."""
    return round(seconds * 1000)
