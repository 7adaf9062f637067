"""The result as CSV, with the delimiter and line ends of the catalogue, and with its encoding on request."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from catalight.domain.catalogue.encodings import codec_of
from catalight.domain.catalogue.files import UTF8
from catalight.domain.errors import ResultError, ResultErrorCode
from catalight.domain.job.job import Job
from catalight.domain.job.result_cells import cells_of
from catalight.domain.job.result_form import ResultEncoding, ResultForm, ResultFormat
from catalight.domain.job.row import Row
from catalight.domain.texts import shown

_MARKS = {
    "utf-8": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
}


def write_csv(job: Job, form: ResultForm, rows: Iterable[Row], before: int = 0) -> Iterator[bytes]:
    """Yield the lines of the result, or those after the first `before`, which have the header.

    Raise ResultError at the first row with a character that the encoding of the input does not have.
    """
    codec = codec_of(encoding_of(job, form))
    cells = cells_of(job, form)
    mark = _MARKS.get(codec, b"") if job.dialect.bom and not before else b""
    head = () if before else (*cells.above, cells.header)
    for number, texts in enumerate(chain(head, map(cells.of_row, rows)), before + 1):
        try:
            yield mark + _line(job, texts).encode(codec)
            mark = b""
        except UnicodeEncodeError as error:
            raise _not_in_encoding(job, cells.header, texts, error, number) from error


def encoding_of(job: Job, form: ResultForm) -> str:
    """Return the name of the encoding of a result as CSV."""
    if form.encoding is ResultEncoding.INPUT and job.origin:
        return job.origin.encoding
    return UTF8


def media_type(job: Job, form: ResultForm) -> str:
    """Return the media type of a job's result in this form."""
    found = form.format.media_type
    return f"{found}; charset={encoding_of(job, form)}" if form.format is ResultFormat.CSV else found


def _line(job: Job, cells: Sequence[str]) -> str:
    buffer = io.StringIO(newline="")
    dialect = job.dialect
    csv.writer(buffer, delimiter=dialect.delimiter, lineterminator=dialect.newline).writerow(cells)
    return buffer.getvalue()


def _not_in_encoding(
    job: Job, header: Sequence[str], cells: Sequence[str], error: UnicodeEncodeError, row: int
) -> ResultError:
    character = error.object[error.start]
    index = next(index for index, cell in enumerate(cells) if character in cell)
    column = f'"{shown(header[index])}"' if index < len(header) else f"{index + 1}"
    encoding = job.origin.encoding if job.origin else UTF8
    detail = (
        f"{encoding} has no U+{ord(character):04X}, which is in row {row:,} of the result, column {column}. "
        "Ask for utf-8."
    )
    return ResultError(ResultErrorCode.NOT_IN_ENCODING, detail)
