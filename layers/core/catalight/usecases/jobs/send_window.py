"""Start a sealed run."""

from dataclasses import dataclass

from catalight.domain.job import fairness, ranges
from catalight.domain.job.job import Job
from catalight.domain.messages import ProcessRange
from catalight.usecases.jobs.ask_completion import AskCompletion
from catalight.usecases.messaging import send_best_effort
from catalight.usecases.ports import Queue


@dataclass(frozen=True, slots=True)
class SendWindow:
    """Send the first ranges of a sealed run. The others follow in their lanes."""

    image_queue: Queue
    ask_completion: AskCompletion

    def __call__(self, job: Job) -> None:
        """Send the first ranges, or finish a run that has none."""
        if job.ranges:
            window = ranges.first_window(job.ranges, job.window)
            messages = (ProcessRange(job.id, job.run, number) for number in window)
            send_best_effort(self.image_queue, messages, fairness.group(job))
        else:  # no other handler will check
            self.ask_completion(job.id, job.run)
