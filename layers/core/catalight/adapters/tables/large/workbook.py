"""Turn the chosen sheet of a large workbook into plain rows, in bounded memory.

The parts and the cells are read by the same code as those of a small workbook. The sheet is chosen by the
first rows of each; then it is read from its beginning.
"""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from catalight.adapters.tables.archive import Archive
from catalight.adapters.tables.choose_sheet import SheetChoice
from catalight.adapters.tables.ignored import ignored_encoding
from catalight.adapters.tables.kinds import zip_format
from catalight.adapters.tables.large.rows import LargeRows
from catalight.adapters.tables.large.strings import StringsOnDisk
from catalight.adapters.tables.limits import LARGE, Limits
from catalight.adapters.tables.ooxml.sheet import Shared, SheetPart, fill
from catalight.adapters.tables.ooxml.strings import texts
from catalight.adapters.tables.ooxml.workbook import Listed, add_links, contents, format_of
from catalight.adapters.tables.problems import refusal
from catalight.adapters.tables.sheet_rows import SheetRows
from catalight.domain.catalogue.files import HEADER_ROWS, Format, HeaderTest, Options, Row
from catalight.domain.catalogue.plain_rows import Trailer, trailer_lines
from catalight.domain.errors import CatalogueError


class Files(NamedTuple):
    """The workbook, and two empty files for what does not fit into memory."""

    workbook: BinaryIO
    strings: BinaryIO
    rows: BinaryIO


def plain_rows(files: Files, options: Options, header: HeaderTest, limits: Limits = LARGE) -> Iterator[bytes]:
    """Yield the lines of the chosen sheet, as `domain.catalogue.plain_rows` has them.

    Raises CatalogueError if the workbook is damaged, exceeds a limit, or is no .xlsx or .xlsm.
    """
    archive = Archive(files.workbook, limits)
    kind, main = zip_format(archive)
    if kind is not Format.XLSX:
        raise not_streamed(kind)
    listed, shared = contents(
        archive, main, lambda archive, part: StringsOnDisk(files.strings, texts(archive, part))
    )
    choice = SheetChoice(options, header)
    name, peeked = _chosen(archive, listed, shared, choice)
    part = SheetPart(rows := LargeRows(files.rows, limits))
    for _ in fill(part, archive.pieces(name), shared):
        pass
    add_links(archive, part, name)
    position = 0
    for line in rows.lines():
        position += len(line)
        yield line
    peeked.rows[:] = [Row(1, [], {})] * min(rows.number, 1)
    peeked.findings = rows.findings
    table = choice.table(format_of(archive), ignored_encoding(options))
    yield trailer_lines(Trailer(table, rows.width, rows.number), position)


def _chosen(
    archive: Archive, listed: list[Listed], shared: Shared, choice: SheetChoice
) -> tuple[str, SheetRows]:
    """Return the part of the sheet that is chosen by its first rows, and these."""
    parts: dict[int, tuple[str, SheetRows]] = {}
    for one in listed:
        if choice.wants(one.sheet):
            part = SheetPart()
            for _ in fill(part, archive.pieces(one.part), shared):
                if len(part.rows.rows) >= HEADER_ROWS:
                    break
            parts[id(part.rows)] = one.part, part.rows
            choice.offer(part.rows)
    return parts[id(choice.rows())]


def not_streamed(kind: Format) -> CatalogueError:
    """Return the error of a large workbook of another format."""
    message = (
        f"Only .xlsx and .xlsm workbooks may be this large. This one is .{kind}, which may have 25,000,000 "
        "bytes and 100,000 rows. Save it as .xlsx, or as CSV (packed with gzip, if you like), and send that."
    )
    return refusal("workbook_too_large", message)
