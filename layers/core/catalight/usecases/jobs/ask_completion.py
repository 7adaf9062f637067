"""Ask whether a job is complete, and if so set its aggregation going."""

from dataclasses import dataclass

from catalight.domain.messages import FinishJob
from catalight.usecases.ports import Clock, Jobs, Queue, Rows


@dataclass(frozen=True, slots=True)
class AskCompletion:
    """Complete means: sealed, and no row pending.

    Whoever ends rows asks after its own write, and so does the sealer: the last of them sees none pending.
    """

    jobs: Jobs
    rows: Rows
    aggregator_queue: Queue
    clock: Clock

    def __call__(self, job_id: str, run: int) -> None:
        """Move a complete job to FINISHING; send the aggregator its message, again where it stood there."""
        if not self.rows.any_pending(job_id) and self.jobs.begin_finishing(job_id, run, self.clock()):
            self.aggregator_queue.send([FinishJob(job_id, run)])
