"""Find the jobs for which something is due, and send a message for each."""

from dataclasses import dataclass

from catalight.domain.facts import SweepDone
from catalight.domain.job import sweeping
from catalight.domain.job.job import OPEN
from catalight.domain.job.retention import Retention
from catalight.domain.messages import TendJob
from catalight.usecases.ports import Clock, JobList, Queue, Report, SecondsLeft

BATCH = 100  # jobs
MIN_SECONDS_LEFT = 10.0  # seconds; more than a batch takes
STUCK_AFTER = 3  # checks without progress: two hours by default, which no image waits for its host


@dataclass(frozen=True, slots=True)
class Sweep:
    """Send a TendJob message for each job that is due. The handler of that message does the work."""

    jobs: JobList
    aggregator_queue: Queue
    clock: Clock
    retention: Retention
    report: Report

    def __call__(self, seconds_left: SecondsLeft) -> None:
        """Continue until no job is due or time is short. The next sweep handles the rest."""
        swept = stuck = 0
        while True:
            now = self.clock()
            jobs = self.jobs.to_sweep(now, BATCH)
            # Send the messages first: if this stops in between, the next sweep finds the same jobs again.
            self.aggregator_queue.send(TendJob(job.id) for job in jobs)
            for job in jobs:
                self.jobs.record_sweep(job, sweeping.next_sweep(job, now, self.retention.stall_timeout))
            swept += len(jobs)
            stuck += sum(job.sealed and job.state in OPEN and job.looks >= STUCK_AFTER for job in jobs)
            if len(jobs) < BATCH or seconds_left() < MIN_SECONDS_LEFT:
                self.report(SweepDone(swept, stuck))
                return
