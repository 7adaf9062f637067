"""What the codec reports about each rendition."""

from dataclasses import dataclass

from catalight.domain.errors import ImageError
from catalight.domain.image import report
from catalight.domain.image.formats import ImageFormat


@dataclass(frozen=True, slots=True)
class Encoded:
    """An output: its format, size and bytes, its source, and the time of each stage.

    `kept`, `small` and `chosen` are those of `Compressed`.
    """

    format: ImageFormat
    target: tuple[int, int]
    bytes: int
    source: report.Source
    kept: bool
    small: bool
    times: report.Times
    chosen: report.Chosen | None = None


type Event = tuple[int, Encoded | ImageError | None]
"""The index of a rendition, with its outcome; None means that the work on it begins."""
