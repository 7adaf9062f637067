"""The result as a workbook: a sheet like the input, one with the failures, and one with the sums."""

import errno
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from catalight.domain.errors import ResultError, ResultErrorCode
from catalight.domain.job.excel import MAX_CHARACTERS, MAX_COLUMNS, MAX_ROWS, MAX_SHEET_NAME, length
from catalight.domain.job.job import Counts, Job
from catalight.domain.job.result_cells import cells_of
from catalight.domain.job.result_form import ResultForm
from catalight.domain.job.result_sheets import FAILURES, FAILURES_HEADER, SUMMARY, failures_of, summary_of
from catalight.domain.job.row import Row
from catalight.domain.texts import shown

# Bytes of sheets before they are packed. Packing copies them, and a function has 512 MB at /tmp by default.
MAX_DISK = 200_000_000
CHECKED_EACH = 5_000_000  # characters, of which XML may make seven times as many bytes
PART = 1 << 20  # bytes
# Everything is text: nothing becomes a formula, a link (of which a sheet may have 65,530) or a number.
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
NAME = "Products"
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]|^'|'$")


def write_xlsx(job: Job, form: ResultForm, rows: Iterable[Row], _: int = 0) -> Iterator[bytes]:
    """Yield a workbook in parts, from its beginning. Rows that have failed are written without the sums.

    Raise ResultError before the first part if Excel could not open it in full, or if it is too large. The
    workbook is a temporary file until it has been yielded; the memory that it takes does not grow with it.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result.xlsx"
        _write(job, form, rows, path)
        with path.open("rb") as file:
            while part := file.read(PART):
                yield part


def _write(job: Job, form: ResultForm, rows: Iterable[Row], path: Path) -> None:
    book = xlsxwriter.Workbook(path, OPTIONS | {"tmpdir": str(path.parent)})
    try:
        with ExitStack() as files:
            _write_sheets(job, form, rows, book, files)
            book.close()
    except (OSError, XlsxWriterException) as error:
        # XlsxWriter raises its own error for one of the disk.
        cause = error if isinstance(error, OSError) else error.__context__
        if not isinstance(cause, OSError) or cause.errno != errno.ENOSPC:
            raise
        detail = "Its sheets need more space than the disk has. Ask for CSV."
        raise ResultError(ResultErrorCode.TOO_LARGE, detail) from error


def _write_sheets(
    job: Job, form: ResultForm, rows: Iterable[Row], book: xlsxwriter.Workbook, files: ExitStack
) -> None:
    """Write the sheets into temporary files, which `files` closes, also if nothing is packed."""

    def add(name: str) -> _Sheet:
        sheet = book.add_worksheet(name)
        files.callback(sheet._opt_close)  # close() of the book would pack what has been refused
        return _Sheet(name, sheet, plain, disk)

    book.set_properties({"created": job.created_at.replace(tzinfo=None)})
    own = sheet_name(job.origin.sheet if job.origin else "")
    names = [
        name if name.casefold() != own.casefold() else f"Catalight {name}" for name in (FAILURES, SUMMARY)
    ]
    disk, plain = _Disk(Path(book.tmpdir)), book.add_format()
    first, failures = add(own), add(names[0])
    counts = _write_rows(job, form, rows, first, failures)
    if not form.only_failed:
        summary = add(names[1])
        for line in summary_of(job, counts):
            summary.write(line)


def _write_rows(
    job: Job, form: ResultForm, rows: Iterable[Row], first: "_Sheet", failures: "_Sheet"
) -> Counts:
    cells, counts = cells_of(job, form), Counts()
    for line in (*cells.above, cells.header):
        first.write(line)
    failures.write(FAILURES_HEADER)
    for row in rows:
        first.write(cells.of_row(row))
        for failure in failures_of(job, row, first.rows):
            failures.write(failure)
        counts += Counts.of(row.images)
    return counts


def sheet_name(name: str) -> str:
    """Return the name of a sheet of any program as Excel allows it."""
    allowed = _NOT_IN_NAMES.sub("-", name)
    while length(allowed) > MAX_SHEET_NAME:
        allowed = allowed[:-1]
    allowed = _NOT_IN_NAMES.sub("-", allowed)
    return allowed if allowed.strip() and allowed.casefold() != "history" else NAME


class _Disk:
    """Refuses a workbook that would fill the disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._characters = 0  # since the last look

    def spend(self, characters: int) -> None:
        self._characters += characters
        if self._characters > CHECKED_EACH:
            self._characters = 0
            if sum(file.stat().st_size for file in self._folder.iterdir()) > MAX_DISK:
                detail = f"Its sheets would have more than {MAX_DISK:,} bytes. Ask for CSV."
                raise ResultError(ResultErrorCode.TOO_LARGE, detail)


class _Sheet:
    """A sheet to which rows are added; `rows` is their number."""

    def __init__(self, name: str, sheet: Worksheet, plain: Format, disk: _Disk) -> None:
        self.rows = 0
        self._name = name
        self._sheet = sheet
        self._plain = plain
        self._disk = disk

    def write(self, cells: Sequence[str]) -> None:
        if self.rows == MAX_ROWS:
            raise self._refusal(ResultErrorCode.TOO_MANY_ROWS, f"more than {MAX_ROWS:,} rows")
        if len(cells) > MAX_COLUMNS:
            found = f"{len(cells):,} columns; Excel has {MAX_COLUMNS:,}"
            raise self._refusal(ResultErrorCode.TOO_MANY_COLUMNS, found)
        size = 0
        for column, text in enumerate(cells):
            if text:
                self._write(column, text)
                size += len(text) + 10
        self._disk.spend(size)
        self.rows += 1

    def _write(self, column: int, text: str) -> None:
        if 2 * len(text) > MAX_CHARACTERS and (units := length(text)) > MAX_CHARACTERS:
            found = (
                f"a cell with {units:,} characters in row {self.rows + 1:,}, column {column + 1:,}; "
                f"Excel cuts what is longer than {MAX_CHARACTERS:,}"
            )
            raise self._refusal(ResultErrorCode.CELL_TOO_LONG, found)
        if text.startswith("<r>") and text.endswith("</r>"):
            # XlsxWriter would take the text for its own markup and write it without escapes.
            self._sheet.write_rich_string(self.rows, column, text[0], self._plain, text[1:])
        else:
            self._sheet.write_string(self.rows, column, text)

    def _refusal(self, code: ResultErrorCode, found: str) -> ResultError:
        return ResultError(code, f'The sheet "{shown(self._name)}" would have {found}. Ask for CSV.')
