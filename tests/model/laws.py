"""What must hold after every effect, and at the end of every run."""

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
from catalight.domain.job import links, stored_keys
from catalight.domain.job.job import ENDED, Counts, Job, JobState
from catalight.domain.job.row import ImageState, Row
from catalight.domain.job.webhook import WebhookState
from catalight.domain.messages import ProcessRange
from tests.fakes import MemoryJobs, MemoryRows, MemoryStore
from tests.model.actor import ViolationError
from tests.model.letters import Letter
from tests.model.world import World

STEPS = {
    JobState.PENDING: {JobState.PROCESSING, JobState.CANCELLING, JobState.FINISHING},
    JobState.PROCESSING: {JobState.CANCELLING, JobState.FINISHING},
    JobState.CANCELLING: {JobState.FINISHING},
    JobState.FINISHING: {JobState.COMPLETED, JobState.CANCELLED},
}
type Key = tuple[str, int]


class State(Protocol):
    """What the laws look at; `accepted` and `deleted` are jobs for which a client has asked that; `late` is
    true once days have passed without a message."""

    jobs: MemoryJobs
    rows: MemoryRows
    store: MemoryStore
    fetched: list[str]
    delivered: list[tuple[str, str, str]]
    accepted: list[str]
    deleted: list[str]
    late: bool


def at_rest(job: Job, now: datetime) -> bool:
    """Whether nothing is to happen any more, until somebody calls or the job expires."""
    if job.state is JobState.GONE:
        return job.sweep_at is None
    told = job.webhook is None or job.webhook.state is not WebhookState.PENDING
    return job.state in ENDED and told and now < job.expires_at


class Laws:
    """`watch` compares what is stored with what was stored before; `judge` looks at the end.

    `troubled` are the URLs that may end badly, `poison` those that kill.
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
        """After an effect: each job and row that has changed, and how."""
        jobs, rows = self._state.jobs.jobs, self._state.rows.rows
        changed = False
        for job_id, job in jobs.items():
            if (before := self._jobs.get(job_id)) is not job:
                changed = True
                _job_moved_rightly(before, job)
                self._note_changes(before, job)
        for key, row in rows.items():
            if (was := self._rows.get(key)) is not row:
                changed = True
                _row_moved_rightly(was, row)
        if changed:
            for job in jobs.values():
                _finishing_is_complete(job, rows)
            self._jobs, self._rows = dict(jobs), dict(rows)
        if not self._world.faulty and len(self._world.waiting) != self._waiting:
            self._waiting = len(self._world.waiting)
            self._window_is_kept()

    def judge(self) -> None:
        """At the end, when all is quiet."""
        for job_id in self._state.accepted:
            require(job_id in self._jobs, "a job that was accepted is stored")
        for job in self._jobs.values():
            rows = list(self._state.rows.stream(job.id))
            if job.state is JobState.GONE:
                self._nothing_is_left(job, rows)
                continue
            if not self._swept and self._world.forsaken:
                continue
            require(job.state in ENDED, f"the job ends (it stands at {job.state})")
            self._what_can_be_done_is(job, rows)
            require(job.counts == Counts.of(i for row in rows for i in row.images), "the counts are exact")
            self._result_is_right(job, rows)
            self._webhook_is_right(job)
            self._images_are_right(job, rows)
        self._nothing_was_done_twice()

    def fetching(self, url: str) -> None:
        """Before a picture is fetched."""
        began = self._world.current_began()
        late = self._cancelled_at is not None and began > self._cancelled_at
        require(not late, f"what begins after the cancellation fetches nothing: {url}")

    def _note_changes(self, before: Job | None, job: Job) -> None:
        if job.state is JobState.CANCELLING and not self._cancelled_at:
            self._cancelled_at = self._world.clock()
        elif job.state in ENDED:
            self._cancelled_at = None
        if before and job.state is JobState.GONE and before.state is not JobState.GONE:
            over = before.state in ENDED and before.expires_at <= self._world.clock()
            allowed = over or not before.sealed or job.id in self._state.deleted
            require(allowed, f"no job goes that is wanted: {before.state}, run {before.run}")
        if before and before.webhook and job.webhook:
            self._claims += max(0, job.webhook.attempts - before.webhook.attempts)

    def _window_is_kept(self) -> None:
        """At most `window` ranges of a job are on their way with something left to do, and each once."""
        queued = list(_ranges(self._world.waiting))
        require(len(queued) == len(set(queued)), f"a range is in the queue once: {queued}")
        ways = {(m.job_id, m.run, m.range) for m in (*queued, *_ranges(self._world.in_hand))}
        pending = {(row.job_id, row.run, row.range) for row in self._rows.values() if row.pending}
        for job in self._jobs.values():
            own = {way for way in ways & pending if way[0] == job.id}
            require(len(own) <= job.window, f"at most {job.window} ranges are on their way: {own}")

    def _nothing_is_left(self, job: Job, rows: list[Row]) -> None:
        require(not rows, "no row is left of a job that is gone")
        left = [key for key in self._state.store.objects if len(self._jobs) == 1]
        require(not left, f"nothing is left in the store of a job that is gone: {left}")

    def _result_is_right(self, job: Job, rows: list[Row]) -> None:
        data = self._state.store.objects.get(links.result_key(job.id, job.run))
        require(data is not None, "a job that has ended has a result")
        lines = list(csv.DictReader(io.StringIO((data or b"").decode())))
        expected = [
            ",".join(f"{job.link_base}/images/{image.link}" if image.link else "" for image in row.images)
            for row in rows
        ]
        require([line["Output Image Urls"] for line in lines] == expected, "the result has each row once")
        cells = [tuple(line.values())[: len(job.header)] for line in lines]
        require(cells == [row.cells for row in rows], "the result has each row's own cells")

    def _webhook_is_right(self, job: Job) -> None:
        if job.webhook is None:
            return
        ids = [webhook_id for _, webhook_id, _ in self._state.delivered]
        by_run = Counter(webhook_id.split("_")[2] for webhook_id in set(ids))
        require(all(number == 1 for number in by_run.values()), f"one webhook id a run: {ids}")
        require(str(job.run) in by_run, f"the webhook of the last run is called: {ids}")
        told = [json.loads(body)["data"]["status"] for _, _, body in self._state.delivered]
        require(set(told) <= {*ENDED}, f"the webhook tells of an end: {told}")
        require(job.webhook.state is WebhookState.DELIVERED, f"the webhook is delivered: {job.webhook}")
        require(len(ids) <= self._claims, f"each attempt calls once: {len(ids)} calls")

    def _what_can_be_done_is(self, job: Job, rows: list[Row]) -> None:
        """Where neither a client nor the clock has stopped the job, and little has failed."""
        codes = {image.error for row in rows for image in row.images if image.url not in self._troubled}
        stops = {ImageErrorCode.CANCELLED: job.cancelled, ImageErrorCode.DEADLINE_EXCEEDED: self._state.late}
        allowed = {None, ImageErrorCode.INVALID_URL} | {code for code, may_be in stops.items() if may_be}
        if self._world.faults_so_far < 3:
            require(codes <= allowed, f"what can be had is done: {codes}")

    def _images_are_right(self, job: Job, rows: list[Row]) -> None:
        images = {key for key in self._state.store.objects if key.startswith("images/")}
        referred = {links.image_key(image.link) for row in rows for image in row.images if image.link}
        require(referred <= images, f"every image that is done is stored: {referred - images}")
        if len(self._jobs) == 1:
            # Several faults may leave one of an earlier run, which goes with the job.
            known = (
                {key for row in rows for key in stored_keys.possible(job, row)}
                if self._world.unlucky
                else set()
            )
            lost = images - referred - known
            require(not lost, f"every image that is stored is a row's: {lost}")

    def _nothing_was_done_twice(self) -> None:
        """A fault costs at most two more fetches of a picture; without one there is one for each attempt."""
        if all(job.run == 1 and job.state is not JobState.GONE for job in self._jobs.values()):
            times = Counter(self._state.fetched)
            more = 2 * self._world.faults_so_far + bool(self._world.crashed or self._world.faulty)
            tries = Counter({i.url: i.attempts + 1 + more for row in self._rows.values() for i in row.images})
            times -= Counter({url: times[url] for url in self._poison})
            require(times <= tries, f"nothing is done twice: {times}")


def require(holds: bool, law: str) -> None:
    """Raise ViolationError where the law does not hold."""
    if not holds:
        raise ViolationError(f"broken: {law}")


def _ranges(letters: Iterable[Letter]) -> Iterator[ProcessRange]:
    return (letter.message for letter in letters if isinstance(letter.message, ProcessRange))


def _job_moved_rightly(before: Job | None, job: Job) -> None:
    if before is None:
        require((job.state, job.run, job.sealed) == (JobState.PENDING, 1, False), "a job begins unsealed")
        return
    if before.state is JobState.GONE:
        unchanged = (job.state, job.sealed, job.moved_at) == (JobState.GONE, before.sealed, before.moved_at)
        require(unchanged, "a job that is gone stays so")
        return
    if job.state is JobState.GONE:
        return
    if job.run != before.run:
        begun = job.run == before.run + 1 and before.state in ENDED and job.state is JobState.PENDING
        require(begun, f"a run begins when the one before has ended: {before.state}, then run {job.run}")
        return
    moved = job.state == before.state or job.state in STEPS.get(before.state, set())
    require(moved, f"a job moves in order: {before.state} to {job.state}")
    require(job.sealed or not before.sealed, "sealed is sealed")
    if job.state in ENDED and before.state not in ENDED:
        require((job.state is JobState.CANCELLED) == before.cancelled, "a cancelled job ends as such")
    if before.webhook and before.webhook.state is WebhookState.DELIVERED:
        stays = job.webhook is not None and job.webhook.state is WebhookState.DELIVERED
        require(stays, "a webhook that is delivered stays so")
    if before.state in ENDED:
        published = (job.counts, job.finished_at) == (before.counts, before.finished_at)
        require(published, "a job is published once a run")


def _row_moved_rightly(before: Row | None, row: Row) -> None:
    if before is None:
        return
    require(row.run >= before.run, "no row goes back to an earlier run")
    for old, new in zip(before.images, row.images, strict=True):
        require(old.state is not ImageState.DONE or old == new, f"what is done is kept: {old} to {new}")
        if row.run == before.run:
            require(not old.ended or old == new, f"an ended image stays as it is: {old} to {new}")
            require(new.ended or new.attempts >= old.attempts, "attempts are not forgotten")
    require(before.pending or row.run > before.run, "an ended row is not written")


def _finishing_is_complete(job: Job, rows: Mapping[Key, Row]) -> None:
    if job.state not in (JobState.FINISHING, *ENDED):
        return
    own = [row for (job_id, _), row in rows.items() if job_id == job.id]
    require(job.sealed and len(own) == job.rows, f"{job.state} means: all rows are stored")
    require(not any(row.pending for row in own), f"{job.state} means: no row is pending")
