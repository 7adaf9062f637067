"""Big uploads in memory: begun, stored, and read in steps that may be interrupted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from catalight.domain.catalogue.catalogue import Catalogue
from catalight.domain.errors import CatalogueError
from catalight.domain.image.rendition import Rendition
from catalight.domain.job.job import RUNNING, Job
from catalight.domain.job.row import Row
from catalight.domain.job.upload import BigUpload, SaidOfFile, UploadState, upload_key
from catalight.domain.messages import IngestUpload
from catalight.usecases.jobs.understand import Upload
from catalight.usecases.uploads.begin_upload import Announced
from catalight.usecases.uploads.look import MAX_WORKBOOK, Look
from catalight.usecases.uploads.read_text import Sizes
from tests.pipeline import Pipeline, a_submission

ONE = (Rendition(),)


class CrashError(Exception):
    """The function dies here."""


class Uploading(Pipeline):
    """A pipeline that reads files in pieces of these sizes."""

    def __init__(self, head: int = 4_500_000, in_memory: int = MAX_WORKBOOK, **sizes: int) -> None:
        super().__init__()
        look = Look(self.understand, head, Sizes(**sizes), in_memory)
        read_upload = replace(self.read_upload, look=look)
        self.ingest_upload = replace(self.ingest_upload, read_upload=read_upload)
        self.submit = replace(self.submit, new_id=lambda: "job")
        self.begin_upload = replace(self.begin_upload, new_id=lambda: "job")

    def begin(self, size: int, said: SaidOfFile = SaidOfFile(), **fields: Any) -> Job:  # noqa: B008
        """Announce a file of this size."""
        of_upload = {name: fields.pop(name) for name in ("confirm", "result") if name in fields}
        announced = Announced(
            owner="",
            file_name="c.csv",
            upload=BigUpload(size, "text/csv", said, **of_upload),
            renditions=ONE,
            webhook_url=None,
            api_base="https://api.test",
            link_base="https://cdn.test",
        )
        return self.begin_upload(replace(announced, **fields)).job

    def store_file(self, job: Job, data: bytes) -> None:
        """Store a file as the form does, and let the store tell of it."""
        self.store.put(upload_key(job.id), data, "text/csv")
        self.ingest_queue.send([IngestUpload(job.id)])

    def ingest(self, seconds_left: Callable[[], float] = lambda: 900.0) -> Job:
        """Handle messages until there are none, or the function dies."""
        while taken := self.ingest_queue.take():
            for message, _ in taken:
                assert isinstance(message, IngestUpload)
                self.ingest_upload(message, seconds_left)
        return next(iter(self.jobs.jobs.values()))

    def upload(self, data: bytes, said: SaidOfFile = SaidOfFile(), **fields: Any) -> Job:  # noqa: B008
        """Announce, store and read a file."""
        self.store_file(self.begin(len(data), said, **fields), data)
        return self.ingest()

    def in_steps(self, data: bytes, crash_at: int, said: SaidOfFile = SaidOfFile(), **fields: Any) -> Job:  # noqa: B008
        """Read a file in the smallest steps; the function dies after so many writes, before or after one."""
        self.store_file(self.begin(len(data), said, **fields), data)
        _dying(self, crash_at)
        job = self.jobs.jobs["job"]
        crashed = False
        for _ in range(10_000):
            if not crashed and (job.sealed or job.state not in RUNNING):
                return job
            try:
                crashed = False
                self.ingest(lambda: 0.0)
            except CrashError:
                crashed = True  # its message is received again
                self.clock.forward(301)  # the claim of the dead function ends
            self.ingest_queue.send([IngestUpload(job.id)])
            job = self.jobs.jobs["job"]
        raise AssertionError(f"the upload does not end: {job}")

    def submitted(self, data: bytes, said: SaidOfFile, renditions: tuple[Rendition, ...] = ONE) -> Job:
        """Submit the same file as /upload does. Raise CatalogueError if it is refused."""
        upload = Upload(data, said.columns, said.header_row, None, said.strict, said.encoding, said.sheet)
        catalogue: Catalogue = self.understand("", replace(upload, renditions=len(renditions))).catalogue()
        return self.submit(a_submission("http://h/any.jpg", catalogue=catalogue, renditions=renditions))


def _dying(pipeline: Uploading, crash_at: int) -> None:
    """Have the write with this number die: even numbers before their effect, odd ones after it."""
    passed = 0

    def wrap(write: Callable[..., Any]) -> Callable[..., Any]:
        def written(*args: Any, **kwargs: Any) -> Any:
            nonlocal passed
            passed += 1
            if passed == crash_at and crash_at % 2:
                raise CrashError
            answer = write(*args, **kwargs)
            if passed == crash_at:
                raise CrashError
            return answer

        return written

    for port, names in (
        (pipeline.rows, ["insert"]),
        (pipeline.big_uploads, ["claim", "advance", "understand", "release", "submit"]),
        (pipeline.uploads, ["begin", "put_part", "complete"]),
        (pipeline.image_queue, ["send"]),
        (pipeline.store, ["delete"]),
    ):
        for name in names:
            setattr(port, name, wrap(getattr(port, name)))


def rows_of(pipeline: Pipeline) -> list[Row]:
    return list(pipeline.rows.stream("job"))


FACTS = (
    "header",
    "dialect",
    "outputs",
    "origin",
    "rows",
    "images",
    "ranges",
    "counts",
    "duplicates",
    "result",
)


def same(
    data: bytes,
    crash_at: int,
    said: SaidOfFile,
    sizes: dict[str, int],
    renditions: tuple[Rendition, ...] = ONE,
) -> str:
    """Check that steps make the same job as one request, or find the same problems. Return the state."""
    whole, steps = Uploading(), Uploading(**sizes)
    job = steps.in_steps(data, crash_at, said, renditions=renditions)
    assert job.upload
    refusal, wanted = None, job
    try:
        wanted = whole.submitted(data, said, renditions)
    except CatalogueError as error:
        refusal = error
    if refusal:
        assert job.upload.state is UploadState.FAILED
        assert job.upload.problems[0].code == refusal.problems[0].code
        if refusal.total == 1:
            assert job.upload.problems == refusal.problems
        return "FAILED"
    assert job.upload.state is UploadState.SUBMITTED, job.upload.problems
    assert rows_of(steps) == rows_of(whole)
    for fact in FACTS:
        assert getattr(job, fact) == getattr(wanted, fact), fact
    assert steps.store.objects == {}
    assert {message for message, _ in steps.image_queue.take()} == {m for m, _ in whole.image_queue.take()}
    return "SUBMITTED"
