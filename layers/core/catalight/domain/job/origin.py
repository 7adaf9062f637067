"""Where the rows of a job come from: what its result needs to know of the file that was sent."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

from catalight.domain.catalogue.files import UTF8, Format
from catalight.domain.catalogue.result_columns import output_of
from catalight.domain.stored import restored

if TYPE_CHECKING:
    from catalight.domain.catalogue.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Origin:
    """The file of a job, as it was read.

    `images`, `serial` and `name` are indexes of columns in the job's header; that of an image column which is
    not there is -1. `preamble` are the rows above the header. `sheet` is the name of a workbook's sheet.
    """

    images: tuple[int, ...]
    serial: int | None = None
    name: int | None = None
    format: Format = Format.CSV
    encoding: str = UTF8
    sheet: str = ""
    preamble: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def of(cls, catalogue: "Catalogue") -> Self:
        """Return where a catalogue comes from."""
        columns = catalogue.own_columns
        return cls(
            columns.images,
            columns.serial,
            columns.name,
            catalogue.format,
            catalogue.encoding,
            catalogue.sheet,
            catalogue.preamble,
        )

    @classmethod
    def of_header(cls, header: Sequence[str], outputs: Sequence[str]) -> Self:
        """Return what can be told from the header of a job that is older than this class."""
        names = list(map(output_of, header))
        images = list[int]()
        for output in outputs:
            begin = images[-1] + 1 if images else 0
            images.append(names.index(output, begin) if output in names[begin:] else -1)
        return cls(tuple(images))

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Read what `to_document` wrote."""
        return restored(
            cls,
            document,
            images=tuple(document["images"]),
            format=Format(document["format"]),
            preamble=tuple(map(tuple, document["preamble"])),
        )

    def to_document(self) -> dict[str, Any]:
        """Return plain values for storage."""
        return {
            **asdict(self),
            "images": list(self.images),
            "format": self.format.value,
            "preamble": [list(row) for row in self.preamble],
        }
