"""The result CSV: the catalogue's own columns, followed by the outcome of its images."""

import codecs
import csv
import io
from collections.abc import Sequence

from catalight.domain.catalogue.dialect import Dialect
from catalight.domain.catalogue.result_columns import OUTPUT, names_beside
from catalight.domain.job import links
from catalight.domain.job.row import Image, Row

KEPT = "KEPT"


def head(dialect: Dialect, header: Sequence[str], outputs: Sequence[str] = (OUTPUT,)) -> bytes:
    """Return the header line as UTF-8, after a byte order mark if the input had one.

    `outputs` are the names of the columns for the new URLs, one for each image column.
    """
    bom = codecs.BOM_UTF8 if dialect.bom else b""
    return bom + _encoded(dialect, (*header, *names_beside(header, outputs)))


def line(dialect: Dialect, row: Row, link_base: str, width: int, outputs: int = 1) -> bytes:
    """Return one row as UTF-8: `width` cells, then its images in the order of the cells they came from.

    `outputs` is the number of columns for the new URLs.
    """
    urls = [
        ",".join(_url(link_base, image) for image in row.images if image.column == column)
        for column in range(outputs)
    ]
    failed = any(image.error for image in row.images)
    errors = ",".join(image.error or "" for image in row.images) if failed else ""
    notes = ",".join(map(_notes, row.images)) if any(map(_notes, row.images)) else ""
    bytes_in = sum(image.bytes_in for image in row.images)
    bytes_out = sum(image.bytes_out for image in row.images)
    cells = (*row.padded(width), *urls, row.state, errors, str(bytes_in), str(bytes_out), notes)
    return _encoded(dialect, cells)


def _url(link_base: str, image: Image) -> str:
    return links.image_url(link_base, image.link) if image.link else ""


def _notes(image: Image) -> str:
    return " ".join((KEPT, *image.notes) if image.kept else image.notes)


def _encoded(dialect: Dialect, cells: Sequence[str]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=dialect.delimiter, lineterminator=dialect.newline).writerow(cells)
    return buffer.getvalue().encode()
