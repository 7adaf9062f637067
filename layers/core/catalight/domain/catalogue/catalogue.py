"""A product catalogue: understand its file, and report every problem in it."""

from dataclasses import dataclass, replace
from functools import partial

from catalight.domain.catalogue.columns import Columns
from catalight.domain.catalogue.dialect import Dialect, decode
from catalight.domain.catalogue.files import Table, TextFile
from catalight.domain.catalogue.header import Header, read_header
from catalight.domain.catalogue.header_choice import NOTHING, Wanted
from catalight.domain.catalogue.required_columns import names_required
from catalight.domain.catalogue.result_columns import output_of, own_index
from catalight.domain.catalogue.row_reader import (
    MAX_IMAGES,
    MAX_PADDING,
    MAX_PROBLEMS,
    MAX_ROWS,
    CatalogueRow,
    Findings,
    RowReader,
)
from catalight.domain.catalogue.sheet_header import read_sheet
from catalight.domain.catalogue.sources import MAX_IMAGES_PER_ROW, Source
from catalight.domain.errors import CatalogueError, Problem

__all__ = [
    "MAX_IMAGES_PER_ROW",
    "MAX_PADDING",
    "MAX_PROBLEMS",
    "MAX_ROWS",
    "Catalogue",
    "CatalogueRow",
    "Dialect",
    "Source",
    "Understanding",
    "parse",
    "understand",
]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A parsed catalogue, without the result columns of an earlier run.

    `columns` are those of the file: their indexes count the result columns of an earlier run, which `header`
    and the rows lack. `outputs` are the names of the columns that receive the new URLs, one for each image
    column; a name may be in the header already. `header_line` is where the header begins, from 1. `warnings`
    holds the first MAX_PROBLEMS of the `warnings_total` warnings. `serial` and `name` are indexes of
    `header`, or None if it lacks the column.
    """

    dialect: Dialect
    header: tuple[str, ...]
    rows: tuple[CatalogueRow, ...]
    warnings: tuple[Problem, ...]
    warnings_total: int
    columns: Columns
    outputs: tuple[str, ...]
    header_line: int
    serial: int | None = None
    name: int | None = None

    @property
    def images(self) -> int:
        """The number of images, including those with an unusable URL."""
        return sum(len(row.sources) for row in self.rows)


@dataclass(frozen=True, slots=True)
class Understanding:
    """What is known of a file: all of it, or as much as its problems left.

    `file` is None if its bytes cannot be read, and `header` if none was found. `rows` are those without a
    problem, up to one that stops the reading. There are no `warnings` if `strict` has made them problems. The
    first MAX_PROBLEMS of each are kept. `refusal` lists the problems, if there are any.
    """

    file: TextFile | Table | None = None
    header: Header | None = None
    own_header: tuple[str, ...] = ()
    rows: tuple[CatalogueRow, ...] = ()
    warnings: tuple[Problem, ...] = ()
    warnings_total: int = 0
    refusal: CatalogueError | None = None

    @property
    def is_classic(self) -> bool:
        """Whether the header has the three columns that Catalight has always required."""
        return self.header is not None and names_required(self.header.record.cells)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the columns that receive the new URLs."""
        if self.header is None:
            return ()
        cells = self.header.record.cells
        return tuple(output_of(cells[index]) for index in self.header.columns.images)

    def in_renditions(self, number: int) -> "Understanding":
        """Return this for a job with so many renditions of each image: too many outputs are a problem."""
        images = sum(len(row.sources) for row in self.rows) if number > 1 else 0
        if self.refusal or images * number <= MAX_IMAGES:
            return self
        message = (
            f"{images:,} images in {number} renditions are {images * number:,} outputs; one job may have "
            f"{MAX_IMAGES:,}. Split the file, or ask for fewer renditions."
        )
        problem = Problem("too_many_outputs", message, found=f"{images * number:,} outputs")
        return replace(self, refusal=CatalogueError((problem,), 1))

    def catalogue(self) -> Catalogue:
        """Return the catalogue. Raise CatalogueError, with every problem of the file, if it has any."""
        if self.refusal:
            raise self.refusal
        if self.file is None or self.header is None:
            raise TypeError("there is neither a header nor a problem")
        columns, cells = self.header.columns, self.header.record.cells
        return Catalogue(
            dialect=Dialect(self.header.delimiter, self.header.newline, self.file.bom),
            header=self.own_header,
            rows=self.rows,
            warnings=self.warnings,
            warnings_total=self.warnings_total,
            columns=columns,
            outputs=self.outputs,
            header_line=self.header.record.line,
            serial=None if columns.serial is None else own_index(cells, columns.serial),
            name=None if columns.name is None else own_index(cells, columns.name),
        )


def parse(data: bytes, wanted: Wanted = NOTHING, *, strict: bool = False) -> Catalogue:
    """Read a catalogue from the bytes of its CSV file; `wanted` is what is known of its header.

    Raises CatalogueError, which lists every problem of the file, and no other exception, whatever the bytes
    are. An image URL that is not usable, and a short row that loses something, is a problem if `strict` is
    true, and a warning otherwise.
    """
    return understand(decode(data), wanted, strict=strict).catalogue()


def understand(file: TextFile | Table, wanted: Wanted = NOTHING, *, strict: bool = False) -> Understanding:
    """Read a catalogue as `parse` does, but return what is known of it if it has problems."""
    characters = len(file.text) if isinstance(file, TextFile) else 0
    try:
        header = _read_header(file, wanted)
    except CatalogueError as error:
        return Understanding(file, refusal=error)
    reader = RowReader(header, max_padding=max(MAX_PADDING, characters))
    for warning in file.warnings:
        reader.warnings.add(partial(replace, warning))
    warnings = reader.warnings
    try:
        reader.read(header.rows)
        refusal = reader.refusal(strict=strict)
        if strict and refusal:
            warnings = Findings()  # they are among the problems
    except CatalogueError as error:
        refusal = error
    return Understanding(
        file,
        header,
        reader.own(header.record.cells),
        tuple(reader.rows),
        tuple(sorted(warnings.kept, key=lambda warning: warning.line or 0)),
        warnings.total,
        refusal,
    )


def _read_header(file: TextFile | Table, wanted: Wanted) -> Header:
    return read_header(file.text, wanted) if isinstance(file, TextFile) else read_sheet(file.rows, wanted)
