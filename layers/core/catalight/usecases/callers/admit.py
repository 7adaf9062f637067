"""Check a caller's requests against its limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from math import ceil

from catalight.domain.api_keys import Limits
from catalight.domain.errors import LimitError
from catalight.domain.job.job import OPEN, JobState
from catalight.domain.usage import Amounts, Slot
from catalight.usecases.ports import Clock, JobList, Usage

DAY = 86_400  # seconds
OPEN_RETRY_AFTER = 30  # seconds; a guess, because it is not known when a job will end
OPENING = timedelta(seconds=60)  # no request takes longer from taking a slot to opening its job


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a caller's limits. The amounts `a_day` start again in `reset` seconds."""

    limits: Limits
    open_jobs: int
    a_day: Amounts
    reset: int


@dataclass(frozen=True, slots=True)
class Admit:
    """Count what a caller requests against its limits, each in one conditional write.

    A submission or retry is an order, and an order is counted once, however often it is repeated.

    An open job holds a slot. A slot is taken before the job is opened, so that simultaneous requests cannot
    exceed the limit. It is not given back when the job ends: every place that ends or deletes a job would
    have to do so, and a crash would lose it. Instead, whoever finds no slot free compares the slots with
    their jobs, and frees those that are over.
    """

    jobs: JobList
    usage: Usage
    clock: Clock

    def __call__(self, owner: str, limits: Limits, order: str, wanted: Amounts) -> None:
        """Count an order. Raise LimitError if it exceeds a limit; then nothing is counted."""
        slot = self.open(owner, limits, order)
        try:
            self.count(owner, limits, order, wanted)
        except LimitError:
            self.usage.free(owner, [slot])
            raise

    def count(self, owner: str, limits: Limits, order: str, wanted: Amounts) -> None:
        """Count amounts of a job that has its slot. Raise LimitError if they exceed a limit of the day."""
        now = self.clock()
        if not self.usage.add(owner, now.date(), order, wanted, limits.a_day):
            raise self._exceeded(owner, limits.a_day, wanted, now)

    def check(self, owner: str, limits: Limits, wanted: Amounts) -> None:
        """Count nothing, but raise LimitError if more is wanted than is left of the day."""
        now = self.clock()
        if wanted.exceeds(limits.a_day - self.usage.of_day(owner, now.date())):
            raise self._exceeded(owner, limits.a_day, wanted, now)

    def open(self, owner: str, limits: Limits, order: str) -> Slot:
        """Take a slot for an order whose amounts are not known yet. Raise LimitError if there is none."""
        slot = Slot(order, self.clock())
        if not self._take(owner, slot, limits.open_jobs):
            raise LimitError("open-jobs", limits.open_jobs, 0, 1, OPEN_RETRY_AFTER)
        return slot

    def allowance(self, owner: str, limits: Limits) -> Allowance:
        """Return what is left now."""
        now = self.clock()
        open_jobs = self.jobs.count_open(owner, limits.open_jobs)
        return Allowance(
            limits,
            open_jobs=max(0, limits.open_jobs - open_jobs),
            a_day=limits.a_day - self.usage.of_day(owner, now.date()),
            reset=_seconds_to_midnight(now),
        )

    def _take(self, owner: str, slot: Slot, limit: int) -> bool:
        if self.usage.take(owner, slot, limit):
            return True
        slots = self.usage.slots(owner)
        states = self.jobs.states([held.job_id for held in slots])
        over = [held for held in slots if _is_over(held, states, slot.taken_at)]
        self.usage.free(owner, over)
        return self.usage.take(owner, slot, limit)  # another request may have freed some too

    def _exceeded(self, owner: str, limit: Amounts, wanted: Amounts, now: datetime) -> LimitError:
        left = limit - self.usage.of_day(owner, now.date())
        # Amounts of a day only grow, so what was exceeded still is.
        name = wanted.exceeds(left) or "download_bytes"
        of_limit, of_wanted = getattr(limit, name), getattr(wanted, name)
        wait = _seconds_to_midnight(now) if of_wanted <= of_limit else None
        return LimitError(name.replace("_", "-"), of_limit, getattr(left, name), of_wanted, wait)


def _is_over(slot: Slot, states: Mapping[str, tuple[int, JobState]], now: datetime) -> bool:
    """Return whether a slot is no longer needed: its job has ended, or was not opened in time."""
    run, state = states.get(slot.job_id, (0, JobState.PENDING))
    if run < slot.run and state is not JobState.GONE:
        return slot.taken_at + OPENING <= now
    return run > slot.run or state not in OPEN


def _seconds_to_midnight(now: datetime) -> int:
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
    return ceil((midnight - now).total_seconds())
