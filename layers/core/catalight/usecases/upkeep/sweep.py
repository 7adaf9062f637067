"""Find the jobs that something is due of, and have them seen to."""

from dataclasses import dataclass

from catalight.domain.job import sweeping
from catalight.domain.job.retention import Retention
from catalight.domain.messages import TendJob
from catalight.usecases.ports import Clock, JobList, Queue, SecondsLeft

BATCH = 100  # jobs
ENOUGH = 10.0  # seconds; more than a batch takes


@dataclass(frozen=True, slots=True)
class Sweep:
    """Send a hint for each job whose time has come; the work itself is TendJob's."""

    jobs: JobList
    aggregator_queue: Queue
    clock: Clock
    retention: Retention

    def __call__(self, seconds_left: SecondsLeft) -> None:
        """Go on until none is left or time is short; what is left is for the next sweep."""
        while True:
            now = self.clock()
            jobs = self.jobs.to_sweep(now, BATCH)
            # First the hints: if this ends in between, the same jobs are found again.
            self.aggregator_queue.send(TendJob(job.id) for job in jobs)
            for job in jobs:
                self.jobs.record_sweep(job, sweeping.next_sweep(job, now, self.retention.stall_timeout))
            if len(jobs) < BATCH or seconds_left() < ENOUGH:
                return
