"""A product catalogue: understand its file, and report every problem in it."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from catalight.domain.catalogue.catalogue_row import CatalogueRow
from catalight.domain.catalogue.columns import Columns
from catalight.domain.catalogue.dialect import decode
from catalight.domain.catalogue.files import UTF8, Dialect, Format, Table, TextFile
from catalight.domain.catalogue.findings import MAX_PROBLEMS, Bounds, Findings
from catalight.domain.catalogue.header import Header, read_header
from catalight.domain.catalogue.preamble import Preamble
from catalight.domain.catalogue.requested import NOTHING, Wanted
from catalight.domain.catalogue.required_columns import names_required
from catalight.domain.catalogue.result_columns import output_of, result_columns_in
from catalight.domain.catalogue.row_reader import (
    MAX_IMAGES,
    MAX_PADDING,
    MAX_ROWS,
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
    holds the first MAX_PROBLEMS of the `warnings_total` warnings. `own_columns` are the indexes of the same
    columns in `header`; that of an image column among the result columns of an earlier run is -1. `preamble`
    are the rows above the header, and `sheet` is the name of a workbook's sheet.
    """

    dialect: Dialect
    header: tuple[str, ...]
    rows: tuple[CatalogueRow, ...]
    warnings: tuple[Problem, ...]
    warnings_total: int
    columns: Columns
    outputs: tuple[str, ...]
    header_line: int
    own_columns: Columns
    format: Format = Format.CSV
    encoding: str = UTF8
    sheet: str = ""
    preamble: Preamble = ()

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
        return Catalogue(
            dialect=Dialect(self.header.delimiter, self.header.newline, self.file.bom),
            header=self.own_header,
            rows=self.rows,
            warnings=self.warnings,
            warnings_total=self.warnings_total,
            columns=self.header.columns,
            outputs=self.outputs,
            header_line=self.header.record.line,
            own_columns=_own_columns(self.header),
            format=self.file.format,
            encoding=self.file.encoding if isinstance(self.file, TextFile) else UTF8,
            sheet=self.file.sheet if isinstance(self.file, Table) else "",
            preamble=self.header.preamble,
        )


def parse(data: bytes, wanted: Wanted = NOTHING, *, strict: bool = False) -> Catalogue:
    """Read a catalogue from the bytes of its CSV file; `wanted` is what is known of its header.

    Raises CatalogueError, which lists every problem of the file, and no other exception, whatever the bytes
    are. An image URL that is not usable, and a short row that loses something, is a problem if `strict` is
    true, and a warning otherwise.
    """
    return understand(decode(data), wanted, strict=strict).catalogue()


def understand(
    file: TextFile | Table, wanted: Wanted = NOTHING, *, strict: bool = False, bounds: Bounds | None = None
) -> Understanding:
    """Read a catalogue as `parse` does, but return what is known of it if it has problems."""
    characters = len(file.text) if isinstance(file, TextFile) else 0
    try:
        header = _read_header(file, wanted)
    except CatalogueError as error:
        return Understanding(file, refusal=error)
    reader = RowReader(header, max_padding=max(MAX_PADDING, characters), bounds=bounds)
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


def _own_columns(header: Header) -> Columns:
    """Return the columns as indexes of the header without the result columns of an earlier run."""
    removed = [
        index
        for results in result_columns_in(header.record.cells)
        for index in range(results.start, results.stop)
    ]
    columns = header.columns
    images = tuple(-1 if (own := _own(index, removed)) is None else own for index in columns.images)
    return replace(
        columns, images=images, serial=_own(columns.serial, removed), name=_own(columns.name, removed)
    )


def _own(index: int | None, removed: Sequence[int]) -> int | None:
    return None if index is None or index in removed else index - bisect_left(removed, index)


def _read_header(file: TextFile | Table, wanted: Wanted) -> Header:
    return read_header(file.text, wanted) if isinstance(file, TextFile) else read_sheet(file.rows, wanted)
