"""Check whether a job is complete, and if so start its aggregation."""

from dataclasses import dataclass

from catalight.domain.messages import FinishJob
from catalight.usecases.ports import Clock, Jobs, Queue, Rows


@dataclass(frozen=True, slots=True)
class AskCompletion:
    """A job is complete if it is sealed and no row is pending.

    Every handler that ends rows checks after its own write, and so does the one that seals the job. The last
    of them sees no pending row.
    """

    jobs: Jobs
    rows: Rows
    aggregator_queue: Queue
    clock: Clock

    def __call__(self, job_id: str, run: int) -> None:
        """Change a complete job to FINISHING and send FinishJob, again if it is FINISHING already."""
        if not self.rows.any_pending(job_id) and self.jobs.begin_finishing(job_id, run, self.clock()):
            self.aggregator_queue.send([FinishJob(job_id, run)])
