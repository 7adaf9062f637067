"""Jobs and rows without a database, for tests of results."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import openpyxl

from catalight.adapters.results.write import write_result
from catalight.domain.catalogue.files import Dialect
from catalight.domain.job.job import Job
from catalight.domain.job.result_form import CLASSIC, ResultForm
from catalight.domain.job.row import Image, Row, without_empty_end
from tests.pipeline import Pipeline

COMMA = Dialect(",", "\n")
HEADER = ("Serial Number", "Product Name", "Input Image Urls")
CREATED = datetime(2026, 11, 28, 12, tzinfo=UTC)


@cache
def _any_job() -> Job:
    return Pipeline().start("http://h/a.jpg")


def a_job(dialect: Dialect = COMMA, header: Sequence[str] = HEADER, **fields: Any) -> Job:
    """A job whose file is not known, as of the first release, unless `fields` say otherwise."""
    times: dict[str, Any] = {"created_at": CREATED, "expires_at": CREATED + timedelta(days=30)}
    of_file: dict[str, Any] = {"dialect": dialect, "header": tuple(header), "origin": None}
    return replace(_any_job(), **{**times, **of_file, "link_base": "https://l", **fields})


def a_row(cells: Sequence[str], images: Iterable[Image] = (), number: int = 0) -> Row:
    """A row of such a job."""
    return Row("job", number, run=1, range=None, cells=without_empty_end(cells), images=tuple(images))


def written(job: Job, rows: Iterable[Row], form: ResultForm = CLASSIC) -> bytes:
    """The file of a result."""
    return b"".join(write_result(job, form, rows))


def sheets_of(data: bytes) -> dict[str, list[list[str]]]:
    """The sheets of a workbook as openpyxl reads them, with their texts; no cell has anything else."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    cells = [cell for sheet in book for row in sheet for cell in row]
    assert all(cell.value is None or cell.data_type in ("s", "inlineStr") for cell in cells)
    assert not any(cell.hyperlink for cell in cells)
    return {
        sheet.title: [
            [str(cell.value or "") for cell in row] for row in sheet.iter_rows(max_col=sheet.max_column)
        ]
        for sheet in book
    }
