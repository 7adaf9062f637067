"""A compressed image."""

from dataclasses import dataclass, field

from catalight.domain.image.formats import ImageFormat
from catalight.domain.image.report import Chosen, Source, Times


@dataclass(frozen=True, slots=True)
class Compressed:
    """A compressed image: `data` in `format`, `width` x `height` pixels, upright.

    `times` are those of the codec's stages; a comparison of two outputs ignores them. Those of the outputs of
    one image add up to what was done for it: what serves several is counted in one of them. `kept` means that
    the output is the source itself, except for its metadata, because re-encoding would not have made it
    smaller. `small` means that the source, trimmed if that is asked for, has a side below `min_side`.
    `chosen` is what `quality=auto` chose, if the source is not kept.
    """

    data: bytes
    format: ImageFormat
    width: int
    height: int
    source: Source
    times: Times = field(compare=False)
    kept: bool = False
    small: bool = False
    chosen: Chosen | None = None
