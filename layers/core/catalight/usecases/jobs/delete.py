"""Delete a job and everything that it has stored."""

from dataclasses import dataclass

from catalight.domain.messages import TendJob
from catalight.usecases.messaging import send_best_effort
from catalight.usecases.ports import Clock, Jobs, Queue


@dataclass(frozen=True, slots=True)
class DeleteJob:
    """Delete a job in any state. Its rows, images and results are removed in the background."""

    jobs: Jobs
    aggregator_queue: Queue
    clock: Clock

    def __call__(self, job_id: str) -> None:
        """Raise JobNotFoundError if there is no such job, or JobGoneError if it is deleted or has expired."""
        self.jobs.get(job_id)
        self.jobs.delete(job_id, self.clock())
        send_best_effort(self.aggregator_queue, [TendJob(job_id)])
