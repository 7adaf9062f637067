"""The invariants that must hold after every port call, and at the end of every run."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Protocol

from catalight.domain.errors import ImageErrorCode
from catalight.domain.job import links
from catalight.domain.job.job import ENDED, RUNNING, Counts, Job, JobState
from catalight.domain.job.row import ImageState, Row
from catalight.domain.job.sweeping import is_uncleared
from catalight.domain.job.upload import LIFETIME, UploadState, spool_key, upload_key
from catalight.domain.job.webhook import WebhookState
from catalight.domain.messages import ProcessRange
from catalight.usecases.images.process_range import WHOLE_TRIES
from tests.fake_exports import MemoryResults, MemoryUploads
from tests.fake_reuse import MemoryReferences, MemorySources
from tests.fakes import MemoryJobs, MemoryRows, MemoryStore
from tests.model.inputs import QueuedMessage
from tests.model.stored import check_links, check_objects, check_owners, require
from tests.model.world import World

TRANSITIONS = {
    JobState.PENDING: {JobState.PROCESSING, JobState.CANCELLING, JobState.FINISHING},
    JobState.PROCESSING: {JobState.CANCELLING, JobState.FINISHING},
    JobState.CANCELLING: {JobState.FINISHING},
    JobState.FINISHING: {JobState.COMPLETED, JobState.CANCELLED},
}
type Key = tuple[str, int]


class Expected(Protocol):
    """What the invariants know of a scenario: its renditions, and those of them that cannot be made."""

    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def cells(self) -> tuple[str, ...]: ...
    @property
    def broken(self) -> AbstractSet[str]: ...


class State(Protocol):
    """The state that the invariants check.

    `scenario` says which images and renditions may fail. `accepted` and `deleted` are the ids of the jobs
    that a client has submitted and deleted. `late` is true once days have passed without a message delivery,
    and `sent` once the file of a big upload is stored.
    """

    jobs: MemoryJobs
    rows: MemoryRows
    store: MemoryStore
    sources: MemorySources
    references: MemoryReferences
    results: MemoryResults
    uploads: MemoryUploads
    fetched: list[str]
    delivered: list[tuple[str, str, str]]
    accepted: list[str]
    deleted: list[str]
    late: bool
    sent: bool

    @property
    def scenario(self) -> Expected: ...


def settled(job: Job, now: datetime) -> bool:
    """Whether nothing more happens until a client calls or the job expires."""
    if job.state is JobState.GONE:
        return job.sweep_at is None
    webhook_done = job.webhook is None or job.webhook.state is not WebhookState.PENDING
    return job.state in ENDED and webhook_done and now < job.expires_at and not is_uncleared(job)


class Invariants:
    """`watch` compares the stored state with the state before; `check_end` checks the final state.

    `troubled` are the URLs whose images may fail, `poison` those whose images kill their worker.
    """

    def __init__(
        self, state: State, world: World, troubled: AbstractSet[str], poison: AbstractSet[str], *, swept: bool
    ) -> None:
        self._state, self._world, self._troubled = state, world, troubled
        self._swept, self._poison = swept, poison
        self._cancelled_at: datetime | None = None
        self._jobs: Mapping[str, Job] = {}
        self._rows: Mapping[Key, Row] = {}
        self._claims = 0
        self._waiting = 0

    def watch(self) -> None:
        """After a port call: check how each changed job and row has changed."""
        jobs, rows = self._state.jobs.jobs, self._state.rows.rows
        changed = False
        for job_id, job in jobs.items():
            if (before := self._jobs.get(job_id)) is not job:
                changed = True
                _check_job_change(before, job)
                self._note_changes(before, job)
        for key, row in rows.items():
            if (was := self._rows.get(key)) is not row:
                changed = True
                _check_row_change(was, row)
        if changed:
            for job in jobs.values():
                _check_rows_have_ended(job, rows)
                _check_live_counts(job, rows)
            self._jobs, self._rows = dict(jobs), dict(rows)
        check_links(jobs, rows.values(), self._state)
        if not self._world.faulty and len(self._world.waiting) != self._waiting:
            self._waiting = len(self._world.waiting)
            self._check_window()

    def check_end(self) -> None:
        """At the end, when nothing more happens: check the final state."""
        for job_id in self._state.accepted:
            require(job_id in self._jobs, "a job that was accepted is stored")
        for job in self._jobs.values():
            rows = list(self._state.rows.stream(job.id))
            if job.state is JobState.GONE:
                self._check_removed(job, rows)
                continue
            if not self._swept and self._world.needs_sweeper:
                continue
            if job.upload and job.upload.state is UploadState.UNDERSTOOD and not self._state.late:
                continue  # its client does not confirm, and no day has passed
            require(job.state in ENDED, f"the job ends (it is {job.state})")
            if job.upload:
                self._check_upload(job, rows)
                if not job.sealed:
                    self._check_webhook(job)
                    continue
            self._check_errors(job, rows)
            require(job.counts == Counts.of(i for row in rows for i in row.images), "the counts are exact")
            self._check_result(job, rows)
            self._check_webhook(job)
            self._check_images(job, rows)
        if self._swept or not self._world.needs_sweeper:
            check_objects(self._jobs, self._rows.values(), self._state, self._world)
            self._check_uploads()
        check_owners(self._jobs, self._rows.values())
        self._check_fetches()

    def _check_uploads(self) -> None:
        """One that was begun and not recorded, or not aborted, is ended by the bucket's lifecycle."""
        if not self._world.faulty:
            left = list(self._state.uploads.uploads) + list(self._state.results.exports)
            require(not left, f"no result in steps is left: {left}")

    def fetching(self, url: str) -> None:
        """Before an image is fetched."""
        began = self._world.current_began()
        late = self._cancelled_at is not None and began > self._cancelled_at
        require(not late, f"a handler that starts after the cancellation fetches nothing: {url}")

    def _note_changes(self, before: Job | None, job: Job) -> None:
        if job.state is JobState.CANCELLING and not self._cancelled_at:
            self._cancelled_at = self._world.clock()
        elif job.state in ENDED:
            self._cancelled_at = None
        if before and job.state in ENDED and before.state is JobState.FINISHING:
            stored = links.result_key(job.id, job.run) in self._state.store.objects
            require(stored, "a job ends when its result is stored")
        if before and job.state is JobState.GONE and before.state is not JobState.GONE:
            over = before.state in ENDED and before.expires_at <= self._world.clock()
            sent = before.upload is not None and self._state.sent and not self._state.late
            sent = sent and not self._is_unconfirmed(before)
            allowed = over or job.id in self._state.deleted or not (before.sealed or sent)
            require(
                allowed,
                f"only an expired, unsealed or deleted job is removed: {before.state}, run {before.run}",
            )
        if before and before.webhook and job.webhook:
            self._claims += max(0, job.webhook.attempts - before.webhook.attempts)

    def _is_unconfirmed(self, job: Job) -> bool:
        """Whether the client of an upload has not confirmed it in time."""
        waits = job.upload is not None and job.upload.state is UploadState.UNDERSTOOD
        return waits and job.moved_at + LIFETIME <= self._world.clock()

    def _check_window(self) -> None:
        """At most `window` unfinished ranges of a job are queued or in progress, and none is queued twice."""
        queued = list(_ranges(self._world.waiting))
        require(len(queued) == len(set(queued)), f"each range is queued once: {queued}")
        sent = {(m.job_id, m.run, m.range) for m in (*queued, *_ranges(self._world.in_hand))}
        pending = {(row.job_id, row.run, row.range) for row in self._rows.values() if row.pending}
        for job in self._jobs.values():
            own = {key for key in sent & pending if key[0] == job.id}
            require(len(own) <= job.window, f"at most {job.window} ranges are queued or being handled: {own}")

    def _check_removed(self, job: Job, rows: list[Row]) -> None:
        require(not rows, "a job that is gone has no rows")
        files = (f"results/{job.id}/", upload_key(job.id), spool_key(job.id))
        left = [key for key in self._state.store.objects if key.startswith(files)]
        require(not left, f"a job that is gone has no stored results or uploads: {left}")
        steps = self._state.results.of_job(job.id)
        require(not steps, f"a job that is gone has no result in steps: {steps}")
        self._check_uploads()

    def _check_result(self, job: Job, rows: list[Row]) -> None:
        data = self._state.store.objects.get(links.result_key(job.id, job.run))
        require(data is not None, "a job that has ended has a result")
        lines = list(csv.DictReader(io.StringIO((data or b"").decode())))
        expected = [
            sorted(f"{job.link_base}/images/{image.link}" for image in row.images if image.link)
            for row in rows
        ]
        require(list(map(_links, lines)) == expected, "the result has the links of each row, once")
        cells = [tuple(line.values())[: len(job.header)] for line in lines]
        require(cells == [row.padded(len(job.header)) for row in rows], "the result has each row's own cells")

    def _check_upload(self, job: Job, rows: list[Row]) -> None:
        """Each row of the file is stored once, or none if there is no result; the file is removed."""
        cells = len(self._state.scenario.cells) if job.sealed else 0
        require(
            [row.number for row in rows] == list(range(cells)), f"{cells} rows are stored, not {len(rows)}"
        )
        ranges = {row.range for row in rows if row.range is not None}
        require(ranges == set(range(job.ranges)), f"the ranges are {job.ranges}: {ranges}")
        left = [key for key in self._state.store.objects if key.startswith(("uploads/", "spools/"))]
        # After several faults it may be left to the bucket's lifecycle.
        removed = not left or self._world.several_faults
        require(removed, f"the file of an upload that has ended is removed: {left}")

    def _check_webhook(self, job: Job) -> None:
        if job.webhook is None:
            return
        ids = [webhook_id for _, webhook_id, _ in self._state.delivered]
        by_run = Counter(webhook_id.split("_")[2] for webhook_id in set(ids))
        require(all(number == 1 for number in by_run.values()), f"each run has one webhook id: {ids}")
        require(str(job.run) in by_run, f"the webhook of the last run is called: {ids}")
        states = [json.loads(body)["data"]["status"] for _, _, body in self._state.delivered]
        require(set(states) <= {*ENDED}, f"the webhook reports an end state: {states}")
        require(job.webhook.state is WebhookState.DELIVERED, f"the webhook is delivered: {job.webhook}")
        require(len(ids) <= self._claims, f"each attempt calls once: {len(ids)} calls")

    def _check_errors(self, job: Job, rows: list[Row]) -> None:
        """With fewer than 3 faults, only cancellation or the deadline makes images of good hosts fail."""
        codes = {
            image.error
            for row in rows
            for image in row.images
            if image.url not in self._troubled
            and job.renditions[image.rendition].name not in self._state.scenario.broken
        }
        stops = {ImageErrorCode.CANCELLED: job.cancelled, ImageErrorCode.DEADLINE_EXCEEDED: self._state.late}
        allowed = {None, ImageErrorCode.INVALID_URL} | {code for code, allows in stops.items() if allows}
        if self._world.faults_so_far < 3:
            require(codes <= allowed, f"every image that can be fetched is done: {codes}")

    def _check_images(self, job: Job, rows: list[Row]) -> None:
        if not (self._world.faulty or self._world.plan.deviations):
            done = {
                ((image.url, image.rendition), image.link)
                for row in rows
                for image in row.images
                if image.link
            }
            require(len(done) == len({of for of, _ in done}), f"each rendition is stored once: {done}")

    def _check_fetches(self) -> None:
        """Each attempt fetches a URL once; a fault costs two more, a range that crashes WHOLE_TRIES.

        When such a range is split, each further rendition costs one more.
        """
        if all(job.run == 1 and job.state is not JobState.GONE for job in self._jobs.values()):
            times = Counter(self._state.fetched)
            more = 2 * self._world.faults_so_far
            if self._world.crashed or self._world.faulty:
                more += WHOLE_TRIES + len(self._state.scenario.names) - 1
            tries = self._tries()
            tries.update(dict.fromkeys(tries, more))
            times -= Counter({url: times[url] for url in self._poison})
            require(
                times <= tries, f"no image is fetched more often than its attempts and faults allow: {times}"
            )

    def _tries(self) -> Counter[str]:
        """Count the attempts at each URL: those of one range, or of all if ranges may have raced."""
        in_range: dict[tuple[str, str, int | None], int] = {}
        for row in self._rows.values():
            for image in row.images:
                at = row.job_id, image.url, row.range
                in_range[at] = max(in_range.get(at, 0), image.attempts + 1)
        of_jobs: Counter[tuple[str, str]] = Counter()
        for (job_id, url, _), number in in_range.items():
            of = job_id, url
            of_jobs[of] = of_jobs[of] + number if self._world.plan.deviations else max(of_jobs[of], number)
        tries: Counter[str] = Counter()
        for (_, url), number in of_jobs.items():
            tries[url] += number
        return tries


def _ranges(messages: Iterable[QueuedMessage]) -> Iterator[ProcessRange]:
    return (queued.message for queued in messages if isinstance(queued.message, ProcessRange))


def _links(line: Mapping[str, str]) -> list[str]:
    """Return the links of a line of the result, in whichever column they are."""
    cells = (cell for name, cell in line.items() if name.startswith("Output Image Urls"))
    return sorted(link for cell in cells for link in cell.split(",") if link)


def _check_job_change(before: Job | None, job: Job) -> None:
    if before is None:
        require((job.state, job.run, job.sealed) == (JobState.PENDING, 1, False), "a job begins unsealed")
        return
    if before.state is JobState.GONE:
        unchanged = (job.state, job.sealed, job.moved_at) == (JobState.GONE, before.sealed, before.moved_at)
        require(unchanged, "a job that is gone stays gone")
        return
    if job.state is JobState.GONE:
        return
    if job.run != before.run:
        begun = job.run == before.run + 1 and before.state in ENDED and job.state is JobState.PENDING
        require(begun, f"a run begins after the previous one has ended: {before.state}, then run {job.run}")
        return
    ends_early = job.upload is not None and not job.sealed and before.state is JobState.PENDING
    allowed = {JobState.FAILED, JobState.CANCELLED} if ends_early else TRANSITIONS.get(before.state, set())
    in_order = job.state == before.state or job.state in allowed
    require(in_order, f"a job changes state in order: {before.state} to {job.state}")
    require(job.sealed or not before.sealed, "a sealed job stays sealed")
    if job.state in ENDED and before.state not in ENDED:
        require(
            (job.state is JobState.CANCELLED) == (job.cancelled if ends_early else before.cancelled),
            "a job that was cancelled ends as cancelled",
        )
    if before.webhook and before.webhook.state is WebhookState.DELIVERED:
        stays = job.webhook is not None and job.webhook.state is WebhookState.DELIVERED
        require(stays, "a delivered webhook stays delivered")
    if before.state in ENDED:
        published = (job.counts, job.finished_at) == (before.counts, before.finished_at)
        require(published, "a job is published once per run")


def _check_row_change(before: Row | None, row: Row) -> None:
    if before is None:
        return
    require(row.run >= before.run, "no row goes back to an earlier run")
    for old, new in zip(before.images, row.images, strict=True):
        of_old, of_new = ((image.url, image.rendition, image.same_as) for image in (old, new))
        require(of_old == of_new, f"a place stays that of its image and rendition: {of_old} to {of_new}")
        require(
            old.state is not ImageState.DONE or old == new,
            f"an image that is done stays done: {old} to {new}",
        )
        if row.run == before.run:
            require(not old.ended or old == new, f"an ended image stays as it is: {old} to {new}")
            require(new.ended or new.attempts >= old.attempts, "attempts never decrease")
    require(before.pending or row.run > before.run, "an ended row is not written")


def _check_rows_have_ended(job: Job, rows: Mapping[Key, Row]) -> None:
    if job.state not in (JobState.FINISHING, *ENDED) or (job.upload and not job.sealed):
        return
    own = [row for (job_id, _), row in rows.items() if job_id == job.id]
    require(job.sealed and len(own) == job.rows, f"in {job.state} all rows are stored")
    require(not any(row.pending for row in own), f"in {job.state} no row is pending")


def _check_live_counts(job: Job, rows: Mapping[Key, Row]) -> None:
    """They may lack images of a handler that has crashed or is about to count, but have none twice."""
    if job.state in RUNNING and job.sealed:
        images = [i for (job_id, _), row in rows.items() if job_id == job.id for i in row.images]
        ended, counted = Counts.of(images), job.counts
        right = counted.done <= ended.done and counted.failed <= ended.failed
        require(right, f"each image counts once: {counted} of {ended}")
