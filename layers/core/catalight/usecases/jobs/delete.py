"""Delete a job with all that it has stored."""

from dataclasses import dataclass

from catalight.domain.messages import TendJob
from catalight.usecases.messaging import send_best_effort
from catalight.usecases.ports import Clock, Jobs, Queue


@dataclass(frozen=True, slots=True)
class DeleteJob:
    """Forget a job, whatever its state; its rows, images and results are removed in the background."""

    jobs: Jobs
    aggregator_queue: Queue
    clock: Clock

    def __call__(self, job_id: str) -> None:
        """Raise JobNotFoundError where there is no such job, or none any more."""
        self.jobs.get(job_id)
        self.jobs.delete(job_id, self.clock())
        send_best_effort(self.aggregator_queue, [TendJob(job_id)])
