"""A compressed image."""

from dataclasses import dataclass, field

from catalight.domain.image.options import ImageFormat
from catalight.domain.image.report import Source, Times


@dataclass(frozen=True, slots=True)
class Compressed:
    """An encoded picture: `data` in `format`, `width` x `height` pixels, upright.

    `times` are those of the codec's stages; two outputs are equal whatever they took. `kept` says that it is
    the source itself but for its metadata, because coding it anew would not have made it smaller.
    """

    data: bytes
    format: ImageFormat
    width: int
    height: int
    source: Source
    times: Times = field(compare=False)
    kept: bool = False
