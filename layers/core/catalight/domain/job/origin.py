"""Where the rows of a job come from: what its result needs to know of the file that was sent."""

from dataclasses import asdict, dataclass
from typing import Any, Self

from catalight.domain.catalogue.files import UTF8, Format


@dataclass(frozen=True, slots=True)
class Origin:
    """The file of a job, as it was read.

    `images`, `serial` and `name` are indexes of columns in the job's header. `preamble` are the rows above
    the header. `sheet` is the name of a workbook's sheet.
    """

    images: tuple[int, ...]
    serial: int | None = None
    name: int | None = None
    format: Format = Format.CSV
    encoding: str = UTF8
    sheet: str = ""
    preamble: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Read what `to_document` wrote."""
        return cls(
            **{
                **document,
                "images": tuple(document["images"]),
                "format": Format(document["format"]),
                "preamble": tuple(map(tuple, document["preamble"])),
            }
        )

    def to_document(self) -> dict[str, Any]:
        """Return plain values for storage."""
        return {
            **asdict(self),
            "images": list(self.images),
            "format": self.format.value,
            "preamble": [list(row) for row in self.preamble],
        }
