"""Write a result in any of its forms: `catalight.usecases.ports.WriteResult`."""

from collections.abc import Callable, Iterable

from catalight.domain.job.job import Job
from catalight.domain.job.result_cells import HAS_FAILED
from catalight.domain.job.result_csv import write_csv
from catalight.domain.job.result_form import ResultForm, ResultFormat
from catalight.domain.job.result_jsonl import write_jsonl
from catalight.domain.job.row import Row

type _Write = Callable[[Job, ResultForm, Iterable[Row], int], Iterable[bytes]]


def write_result(job: Job, form: ResultForm, rows: Iterable[Row], before: int = 0) -> Iterable[bytes]:
    """Yield the file in parts. Raise ResultError if a file of this form cannot hold the result.

    `rows` are all rows of the job; the form says whether only those that have failed are written. Of a text,
    each part is a line, and `rows` may be those after the first `before` lines.
    """
    if form.only_failed:
        rows = (row for row in rows if row.state in HAS_FAILED)
    return _writer(form.format)(job, form, rows, before)


def _writer(written: ResultFormat) -> _Write:
    match written:
        case ResultFormat.CSV:
            return write_csv
        case ResultFormat.JSONL:
            return write_jsonl
        case ResultFormat.XLSX:
            # Imported only here, because few messages need it and a cold start would take longer.
            from catalight.adapters.results.xlsx import write_xlsx

            return write_xlsx
        case ResultFormat.ZIP:
            raise TypeError("a ZIP holds a result, and is none")
