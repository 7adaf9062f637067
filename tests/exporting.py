"""Exports over in-memory adapters: the pipeline of a job, and the functions that write its exports."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from catalight.adapters.results.write import write_result
from catalight.domain.job.export import Export, ExportState
from catalight.domain.job.job import Job
from catalight.domain.job.result_form import CLASSIC, ResultForm, ResultFormat
from catalight.domain.messages import WriteExport as Message
from catalight.usecases.exports.write_export import WriteExport
from catalight.usecases.exports.write_zip import WriteZip
from catalight.usecases.results.write_rows import WriteRows
from tests.inline import Inline
from tests.pipeline import Pipeline

ZIP = ResultForm(ResultFormat.ZIP)
AS_ZIP = {"format": ResultFormat.ZIP}
FAILED_ROWS = ResultForm(only_failed=True)
assert FAILED_ROWS != CLASSIC

type Watch = Callable[[str], None]
"""Called before and after each call of a port, with its name."""


class Watched:
    """A port whose calls are watched."""

    def __init__(self, port: object, watch: Watch) -> None:
        self._port, self._watch = port, watch

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self._watch(f"before {name}")
            answer = method(*args, **kwargs)
            self._watch(f"after {name}")
            return answer

        return call


@dataclass
class Exporting:
    """A finished job, and everything that its exports need; parts have at least `part` bytes."""

    part: int = 200
    watch: Watch = lambda _: None
    seconds: Callable[[], float] = lambda: 900.0
    pipeline: Pipeline = field(default_factory=Pipeline)
    write_result: Any = write_result

    def __post_init__(self) -> None:
        self.store, self.clock = self.pipeline.store, self.pipeline.clock
        self.exports, self.uploads = self.pipeline.exports, self.pipeline.uploads
        self.uploads.min_part = self.part // 2
        self.queue, self.offer = self.pipeline.export_queue, self.pipeline.offer_result

    def watched[T](self, port: T) -> T:
        return cast("T", Watched(port, lambda call: self.watch(call)))

    @property
    def write(self) -> WriteExport:
        """A function that writes exports, as a new process would build it."""
        exports, store, uploads = map(self.watched, (self.exports, self.store, self.uploads))
        jobs, rows, queue = self.pipeline.jobs, self.watched(self.pipeline.rows), self.watched(self.queue)
        write_rows = WriteRows(
            rows,
            exports,  # type: ignore[arg-type]
            uploads,  # type: ignore[arg-type]
            store,  # type: ignore[arg-type]
            self.write_result,
            self.pipeline.note_same,
            self.clock,
            part_size=lambda _: self.part,
        )
        write_zip = WriteZip(
            exports,  # type: ignore[arg-type]
            rows,
            uploads,  # type: ignore[arg-type]
            store,  # type: ignore[arg-type]
            store,  # type: ignore[arg-type]
            self.clock,
            Inline(),
            part_size=lambda _: self.part,
            min_part=self.part // 2,
        )
        return WriteExport(
            jobs,
            exports,  # type: ignore[arg-type]
            store,  # type: ignore[arg-type]
            uploads,  # type: ignore[arg-type]
            queue,
            write_rows,
            write_zip,
            self.clock,
            self.pipeline.facts.append,
        )

    def a_job(self, *cells: str, **options: Any) -> Job:
        """A job that has ended."""
        job = self.pipeline.start(*cells, **options)
        self.pipeline.run()
        return self.pipeline.jobs.get(job.id)

    def handle(self) -> int:
        """Handle the messages that are in the queue. Return how many there were."""
        messages = [message for message, _ in self.queue.take()]
        for message in messages:
            assert isinstance(message, Message)
            self.write(message, self.seconds)
        return len(messages)

    def find(self, job: Job, form: ResultForm = ZIP) -> Export:
        found = self.exports.find(Export.of(job, form, self.clock()).id)
        assert found
        return found

    def zip_of(self, job: Job) -> bytes:
        assert self.find(job).state is ExportState.READY
        return self.store.objects[f"results/{job.id}/{job.run}.zip"]

    def leftovers(self, job: Job) -> list[str]:
        """What is stored besides images and whole results."""
        return [key for key in self.store.objects if ".directory/" in key] + list(self.uploads.uploads)


def files(data: bytes) -> dict[str, bytes]:
    """The files of a ZIP, checked."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {info.filename: archive.read(info) for info in archive.infolist()}
