"""The report on a compressed image: the time of each stage, and the source."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of each stage, for one image or summed over many.

    `fetch` is the attempt that succeeded. The time that an image waits for its turn is not included.
    """

    fetch: int = 0
    decode: int = 0
    resize: int = 0
    encode: int = 0
    store: int = 0

    def __add__(self, other: "Times") -> "Times":
        return Times(
            self.fetch + other.fetch,
            self.decode + other.decode,
            self.resize + other.resize,
            self.encode + other.encode,
            self.store + other.store,
        )


@dataclass(frozen=True, slots=True)
class Source:
    """The source image: its format (`jpeg`, `tiff`, …), and its width and height in pixels, upright."""

    format: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """The quality that `quality=auto` chose, and the SSIMULACRA2 against the source that is estimated for it.

    `score` is None if it is not estimated: for formats other than JPEG.
    """

    quality: int
    score: float | None


def milliseconds(seconds: float) -> int:
    """Return the seconds as milliseconds, rounded to an integer."""
    return round(seconds * 1000)
