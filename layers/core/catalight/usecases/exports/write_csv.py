"""Write a result as CSV: `catalight.usecases.ports.WriteResult` for the classic form."""

from collections.abc import Iterable, Iterator

from catalight.domain.errors import UnwritableError
from catalight.domain.job import result_csv
from catalight.domain.job.job import Job
from catalight.domain.job.result_form import CLASSIC, ResultForm
from catalight.domain.job.row import Row


def write_csv(job: Job, form: ResultForm, rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield the file in parts. Raise UnwritableError for other forms than CSV with appended columns."""
    if (form.format, form.placement, form.encoding) != (CLASSIC.format, CLASSIC.placement, CLASSIC.encoding):
        raise UnwritableError("This deployment writes results as CSV in UTF-8 with columns of its own only.")
    yield result_csv.head(job.dialect, job.header, job.outputs)
    for row in rows:
        yield result_csv.line(job.dialect, row, job.link_base, len(job.header), len(job.outputs))
