"""The columns that a catalogue must have, and which of them a record names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from catalight.domain.catalogue.dialect import Record, records
from catalight.domain.catalogue.invisible import INVISIBLE

SERIAL, PRODUCT, IMAGES = "Serial Number", "Product Name", "Input Image Urls"
MAX_HEADER_LINES = 50  # physical ones, because names may contain line breaks

# Normalised names. The variants on the right count only if no column has the exact name on the left.
REQUIRED = {
    SERIAL: ("serialnumber", {"serialno", "serial", "sno", "srno", "slno", "s/n", "sn", "no", "#"}),
    PRODUCT: ("productname", {"product", "name", "producttitle", "item", "itemname"}),
    IMAGES: ("inputimageurls", {"inputimageurl", "imageurls", "imageurl", "inputimages", "images"}),
}
_IGNORED = re.compile(rf"[\s._\-{INVISIBLE}]+")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that may be the header, read with one delimiter, and the indexes of each required column."""

    delimiter: str
    record: Record
    columns: dict[str, list[int]]

    @property
    def found(self) -> int:
        """The number of required columns that it names."""
        return sum(map(bool, self.columns.values()))


def read_candidate(lines: Sequence[str], delimiter: str, first: int = 0) -> Candidate:
    """Read the record that begins on the line with index `first` as if it were the header."""
    record = next(records(lines[: first + MAX_HEADER_LINES], delimiter, first))
    names = [_IGNORED.sub("", cell).casefold() for cell in record.cells]
    columns = {
        column: [index for index, name in enumerate(names) if name == exact]
        or [index for index, name in enumerate(names) if name in variants]
        for column, (exact, variants) in REQUIRED.items()
    }
    return Candidate(delimiter, record, columns)
