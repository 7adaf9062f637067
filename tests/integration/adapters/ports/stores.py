"""The stores that the tests of the ports use, and what they store."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from catalight.domain.catalogue.files import Dialect
from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.image.rendition import Rendition
from catalight.domain.image.report import Times
from catalight.domain.job.job import Counts, Job, JobState
from catalight.domain.job.request_headers import RequestHeaders
from catalight.domain.job.row import Image, Row
from catalight.domain.job.webhook import Webhook
from catalight.usecases.ports import (
    BigUploads,
    ColumnMemory,
    Deliveries,
    Exports,
    JobList,
    Jobs,
    Keys,
    References,
    Results,
    Rows,
    Sources,
    Usage,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
TIMES = Times(fetch=50, decode=4, resize=3, encode=2, store=10)
GONE = ImageError(ImageErrorCode.NOT_FOUND, "The host answered 404.")


@dataclass
class Store:
    jobs: Jobs
    job_list: JobList
    deliveries: Deliveries
    rows: Rows
    keys: Keys
    usage: Usage
    columns: ColumnMemory
    exports: Exports
    results: Results
    big_uploads: BigUploads
    sources: Sources
    references: References


def a_job(**changes: Any) -> Job:
    job = Job(
        id="job",
        owner="",
        fingerprint="",
        state=JobState.PENDING,
        run=1,
        sealed=False,
        renditions=(Rendition(quality=70, max_width=800),),
        dialect=Dialect(";", "\r\n", bom=True),
        header=("a", "ü\x00\n"),
        file_name="c.csv",
        rows=2,
        images=3,
        ranges=1,
        window=2,
        secret=b"\x00secret",
        api_base="https://api.test",
        link_base="https://cdn.test",
        created_at=NOW,
        deadline_at=LATER,
        expires_at=LATER,
        moved_at=NOW,
        sweep_at=LATER,
        webhook=Webhook("https://shop.test/hook"),
        request_headers=RequestHeaders("Mozilla/5.0", "origin"),
    )
    return replace(job, **changes)


def a_row(number: int = 0, job_id: str = "job", row_range: int | None = 0, **changes: Any) -> Row:
    row = Row(job_id, number, 1, row_range, (str(number), "x\ny", ""), (Image("http://h/a"),))
    return replace(row, **changes)


def seal(store: Store, run: int = 1) -> bool:
    return store.jobs.seal("job", run, 1, Counts(), NOW)


def ended(row: Row) -> Row:
    return replace(row, images=tuple(image.failed(GONE) for image in row.images))
