"""The result CSV: the catalogue's own columns, then what became of its images."""

import codecs
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from catalight.domain.dialect import Dialect
from catalight.domain.errors import ImageErrorCode

RESULT_COLUMNS = ("Output Image Urls", "Status", "Errors", "Bytes In", "Bytes Out")


@dataclass(frozen=True, slots=True)
class ImageResult:
    """The end of one image: `link` or `error` is set; sizes are bytes, 0 where nothing was had."""

    link: str | None
    error: ImageErrorCode | None
    bytes_in: int
    bytes_out: int


def own_columns(header: Sequence[str]) -> int:
    """How many of the header's cells are the user's: all but the columns of an earlier run at its end."""
    own = len(header) - len(RESULT_COLUMNS)
    return own if tuple(header[own:]) == RESULT_COLUMNS else len(header)


def head(dialect: Dialect, header: Sequence[str]) -> bytes:
    """The first line of the result as UTF-8, after a byte order mark where the input had one."""
    bom = codecs.BOM_UTF8 if dialect.bom else b""
    return bom + _encoded(dialect, (*header, *RESULT_COLUMNS))


def line(dialect: Dialect, cells: Sequence[str], images: Sequence[ImageResult]) -> bytes:
    """One row of the result as UTF-8; `images` stand in the order of the cell they came from."""
    links = ",".join(image.link or "" for image in images)
    errors = ",".join(image.error or "" for image in images) if any(image.error for image in images) else ""
    bytes_in = sum(image.bytes_in for image in images)
    bytes_out = sum(image.bytes_out for image in images)
    return _encoded(dialect, (*cells, links, _status(images), errors, str(bytes_in), str(bytes_out)))


def _status(images: Sequence[ImageResult]) -> str:
    if not images:
        return "EMPTY"
    done = sum(image.link is not None for image in images)
    if done == len(images):
        return "DONE"
    return "PARTIAL" if done else "FAILED"


def _encoded(dialect: Dialect, cells: Sequence[str]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=dialect.delimiter, lineterminator=dialect.newline).writerow(cells)
    return buffer.getvalue().encode()
