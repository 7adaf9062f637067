"""Set a sealed run going."""

from dataclasses import dataclass

from catalight.domain.job import ranges
from catalight.domain.job.job import Job
from catalight.domain.messages import ProcessRange
from catalight.usecases.jobs.ask_completion import AskCompletion
from catalight.usecases.messaging import send_best_effort
from catalight.usecases.ports import Queue


@dataclass(frozen=True, slots=True)
class SendWindow:
    """Send the first ranges of a run that is sealed; the others follow in their lanes."""

    image_queue: Queue
    ask_completion: AskCompletion

    def __call__(self, job: Job) -> None:
        """Send them, or finish a run that has none."""
        if job.ranges:
            window = ranges.first_window(job.ranges, job.window)
            send_best_effort(self.image_queue, (ProcessRange(job.id, job.run, number) for number in window))
        else:  # nobody else will ask
            self.ask_completion(job.id, job.run)
