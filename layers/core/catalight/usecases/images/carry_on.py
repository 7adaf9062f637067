"""Continue a job when rows of a range have ended."""

from dataclasses import dataclass

from catalight.domain.job import fairness, ranges
from catalight.domain.job.job import Job
from catalight.domain.messages import ProcessRange
from catalight.usecases.jobs.ask_completion import AskCompletion
from catalight.usecases.ports import Queue, Rows


@dataclass(frozen=True, slots=True)
class CarryOn:
    """Send the next range of the lane, and check whether the job is complete.

    This depends only on what is stored, not on who ended what. So a redelivered message completes what a
    crash interrupted.
    """

    rows: Rows
    image_queue: Queue
    ask_completion: AskCompletion

    def __call__(self, job: Job, number: int, *, ended: bool = False) -> None:
        """Send the range after `number` if nothing of `number` is pending, and check for completion.

        `ended` says that nothing of it is pending; otherwise that is looked up.
        """
        following = ranges.successor(number, job.ranges, job.window)
        if (
            following is not None
            and (ended or not self._pending(job, number))
            and self._pending(job, following)
        ):
            self.image_queue.send([ProcessRange(job.id, job.run, following)], group=fairness.group(job))
        else:  # with a pending row, the job is not complete
            self.ask_completion(job.id, job.run)

    def _pending(self, job: Job, number: int) -> bool:
        return self.rows.any_pending_in_range(job.id, job.run, number)
