"""Read the text or workbook of a big upload: understand it, store its rows, and seal its job."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import batched, takewhile
from typing import Any

from catalight.domain import usage
from catalight.domain.api_keys import Limits
from catalight.domain.catalogue.catalogue import Understanding
from catalight.domain.catalogue.findings import MAX_PROBLEMS, Bounds
from catalight.domain.catalogue.overview import overview
from catalight.domain.catalogue.requested import Request
from catalight.domain.catalogue.row_reader import MAX_PADDING, RowReader
from catalight.domain.errors import Problem
from catalight.domain.job import ranges, upload
from catalight.domain.job.job import Job
from catalight.domain.job.origin import Origin
from catalight.domain.job.result_warnings import with_warnings
from catalight.domain.job.retention import Retention
from catalight.domain.job.upload import BOUNDS, BigUpload, Checkpoint, UploadState
from catalight.domain.usage import Amounts
from catalight.usecases.callers.admit import Admit
from catalight.usecases.jobs.accept import remember
from catalight.usecases.jobs.make_rows import FirstPlaces, Made, MakeRows
from catalight.usecases.jobs.sample_memory import SampleMemory
from catalight.usecases.jobs.submit import named
from catalight.usecases.jobs.understand import used
from catalight.usecases.ports import BigUploads, Clock, ColumnMemory, Keys, Rows, SecondsLeft
from catalight.usecases.results.step_upload import ClaimLostError
from catalight.usecases.uploads.file_at import FileAt, refusal
from catalight.usecases.uploads.look import Look, Seen
from catalight.usecases.uploads.read_text import Place
from catalight.usecases.uploads.unpack import MIN_SECONDS_LEFT

BATCH = 2_000  # rows that are stored at once


@dataclass(slots=True)
class Held:
    """A claimed upload, as it is recorded."""

    job: Job
    big_uploads: BigUploads
    clock: Clock

    @property
    def upload(self) -> BigUpload:
        """The upload of the job."""
        if self.job.upload is None:
            raise TypeError("the job has no upload")
        return self.job.upload

    def record(self, **changes: Any) -> None:
        """Record progress of the upload. Raise ClaimLostError if somebody else goes on with it."""
        self.renew(attempts=0, **changes)

    def renew(self, **changes: Any) -> None:
        """Extend the claim without progress: another claim counts as one more attempt."""
        self.change(upload=replace(self.upload, **changes))
        now = self.clock()
        if not self.big_uploads.advance(self.job, now, now + upload.LEASE):
            raise ClaimLostError

    def record_understood(self, until: datetime | None, **changes: Any) -> None:
        """Record also what follows from the header. Without `until`, the claim ends."""
        self.change(upload=replace(self.upload, attempts=0, **changes))
        if not self.big_uploads.understand(self.job, self.clock(), until):
            raise ClaimLostError

    def change(self, **fields: Any) -> None:
        """Change fields of the job, to be recorded later."""
        self.job = replace(self.job, **fields)


@dataclass(frozen=True, slots=True)
class ReadUpload:
    """Reads a file from its last checkpoint on."""

    rows: Rows
    keys: Keys
    admit: Admit
    memory: ColumnMemory
    look: Look
    sample_memory: SampleMemory
    first_places: Callable[[bytes], FirstPlaces]
    clock: Clock
    retention: Retention
    bounds: Bounds = BOUNDS

    def __call__(self, held: Held, file: FileAt, seconds_left: SecondsLeft) -> bool:
        """Read on, and seal the job at the end. Return False if time was short or the client must confirm.

        Raise CatalogueError, with every problem of the file, OptionError or LimitError if the job fails.
        """
        job, big = held.job, held.upload
        is_new = big.overview is None
        known = self.remembered(held)
        seen = self.look(file, job, big, known)
        if is_new:
            self._understand(held, seen, used(seen.understood, known))
            if big.confirm:
                return False
        reader = RowReader(seen.header, max(MAX_PADDING, file.size), self.bounds)
        if not self._read(held, file, seen, reader, seconds_left):
            return False
        self._submit(held, seen, reader)
        return True

    def remembered(self, held: Held) -> Mapping[str, Request]:
        """Return the columns in memory that count for the file: those of its first look, if it had one."""
        job, big = held.job, held.upload
        if big.overview is not None:
            return job.remembered
        return self.look.understand.remembered_of(job.owner, big.said.columns)

    def count_file(self, job: Job, size: int) -> None:
        """Count the bytes of the file, which is about to be read. Raise LimitError if a day allows fewer."""
        if limits := self._limits(job.owner):
            self.admit.count(job.owner, limits, usage.file_order(job.id), Amounts(file_bytes=size))

    def _check_limits(self, job: Job) -> None:
        """Raise LimitError if the rows so far exceed the day: the rest would be read and stored in vain."""
        if limits := self._limits(job.owner):
            self.admit.check(job.owner, limits, Amounts(job.rows, job.outputs_total))

    def _limits(self, owner: str) -> Limits | None:
        key = self.keys.find(owner) if owner else None
        return key.limits if key else None

    def _understand(self, held: Held, seen: Seen, remembered: Any) -> None:
        """Record what the file was understood as."""
        understood, big = self.look.first_rows(seen), held.upload
        error = understood.refusal
        if error and seen.is_whole and big.confirm:
            raise error
        catalogue = replace(understood, refusal=None).catalogue()
        naming = held.job.naming and named(held.job.naming, catalogue, held.job.renditions)
        held.change(
            header=catalogue.header,
            dialect=catalogue.dialect,
            outputs=catalogue.outputs,
            origin=Origin.of(catalogue),
            remembered=remembered,
            naming=naming,
            result=big.result.of_file(catalogue.format),
        )
        # Of the first rows only. Like all that is understood, it counts once it is recorded under the claim.
        held.change(mostly_known=self.sample_memory(held.job, catalogue.rows))
        held.record_understood(
            None if big.confirm else self.clock() + upload.LEASE,
            overview=overview(understood, len(held.job.renditions)),
            warnings=understood.warnings[:MAX_PROBLEMS],
            warnings_total=understood.warnings_total,
            problems=error.problems if error else (),
            problems_total=error.total if error else 0,
            state=UploadState.UNDERSTOOD if big.confirm else UploadState.READING,
        )

    def _read(
        self, held: Held, file: FileAt, seen: Seen, reader: RowReader, seconds_left: SecondsLeft
    ) -> bool:
        """Store the rows, piece by piece. Return False if time was short."""
        records, make = seen.records, self._begin(held, seen, reader)
        for piece in records:
            if records.warning:
                self._change_encoding(held, records.encoding or "", records.warning, reader)
            for batch in batched(map(make, reader.rows_of(piece)), BATCH, strict=False):
                if not reader.problems.total:
                    self.rows.insert(batch)
            self._checkpoint(held, file, seen, reader, make)
            self._check_limits(held.job)
            if reader.is_full:
                break
            if seconds_left() < MIN_SECONDS_LEFT and records.place.offset < file.size:
                return False
        return True

    def _begin(self, held: Held, seen: Seen, reader: RowReader) -> MakeRows:
        """Return what makes the rows, from the first one or from the checkpoint on."""
        job, checkpoint = held.job, held.upload.checkpoint
        first = self.first_places(job.secret)
        share = ranges.share(job.reuse, mostly_known=job.mostly_known)
        if checkpoint is None:
            reader.begin()
            for warning in seen.file.warnings:
                reader.warnings.add(partial(replace, warning))
            return MakeRows(job.id, len(job.renditions), first, share)
        reader.go_on(checkpoint.reader)
        place = Place(checkpoint.offset, checkpoint.line)
        seen.records.go_to(place, checkpoint.codec, is_ascii=checkpoint.ascii)
        made = Made.from_document(dict(checkpoint.made))
        make = MakeRows(job.id, len(job.renditions), first, share, made)
        for row in takewhile(lambda row: row.number < made.rows, self.rows.stream(job.id)):
            make.take_up(row)
        return make

    def _checkpoint(self, held: Held, file: FileAt, seen: Seen, reader: RowReader, make: MakeRows) -> None:
        records, is_table, made = seen.records, not seen.records.codec, make.made
        held.change(rows=made.rows, images=made.images, duplicates=made.duplicates, counts=made.counts)
        held.change(placeholders=make.urls.placeholders)
        place = records.place
        held.record(
            read=file.size if is_table else place.offset,
            checkpoint=Checkpoint(
                place.offset, place.line, records.codec, records.ascii, reader.state, made.to_document()
            ),
        )

    def _change_encoding(self, held: Held, encoding: str, warning: Problem, reader: RowReader) -> None:
        """Record that the text is not UTF-8, which its beginning did not show."""
        reader.warnings.add(lambda: warning)
        job = held.job
        held.change(
            dialect=replace(job.dialect, bom=True),
            origin=job.origin and replace(job.origin, encoding=encoding),
        )
        held.record_understood(self.clock() + upload.LEASE)

    def _submit(self, held: Held, seen: Seen, reader: RowReader) -> None:
        """Seal the job, if nothing is wrong with the file and its owner may send so much."""
        job, big = held.job, held.upload
        if problems := reader.refusal(strict=big.said.strict):
            raise problems
        if job.outputs_total > self.bounds.images:
            message = f"The job would have {job.outputs_total:,} outputs; it may have {self.bounds.images:,}."
            raise refusal("too_many_outputs", message, found=f"{job.outputs_total:,} outputs")
        if limits := self._limits(job.owner):
            amounts = Amounts(job.rows, job.outputs_total)  # its file was counted before it was read
            self.admit(job.owner, limits, usage.order(job.id), amounts)
        made = Made.from_document(dict(big.checkpoint.made)) if big.checkpoint else Made()
        now = self.clock()
        held.change(ranges=made.ranges, sealed=True, upload=_submitted(big, seen, reader))
        held.change(
            deadline_at=now + self.retention.job_deadline,
            expires_at=self.retention.expires_at(now, job.created_at, job.keep_days),
            sweep_at=now + self.retention.stall_timeout,
        )
        if not held.big_uploads.submit(held.job, now):
            raise ClaimLostError
        remember(self.memory, seen.upload, seen.understood, held.job, now)


def _submitted(big: BigUpload, seen: Seen, reader: RowReader) -> BigUpload:
    of_result = with_warnings(Understanding(seen.file, seen.header), big.result).warnings
    of_file = sorted(reader.warnings.kept, key=lambda warning: warning.line or 0)
    return replace(
        big,
        state=UploadState.SUBMITTED,
        checkpoint=None,
        warnings=(*of_result, *of_file)[:MAX_PROBLEMS],
        warnings_total=len(of_result) + reader.warnings.total,
        problems=(),
        problems_total=0,
    )
