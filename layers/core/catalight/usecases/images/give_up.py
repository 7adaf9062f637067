"""End images that have crashed their function too often."""

from dataclasses import dataclass

from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.job import fairness, ranges
from catalight.domain.job.job import ENDED
from catalight.domain.messages import ProcessRange as Message
from catalight.usecases.images.carry_on import CarryOn
from catalight.usecases.images.record_images import RecordImages
from catalight.usecases.jobs.current import current
from catalight.usecases.ports import Jobs, Queue, Rows


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Fail the image of a dead letter as `gave_up`.

    A dead letter with several images is split into one message for each, and these are tried again.
    `receives` is how often a message is received before it becomes a dead letter.
    """

    jobs: Jobs
    rows: Rows
    image_queue: Queue
    record_images: RecordImages
    carry_on: CarryOn
    receives: int

    def __call__(self, message: Message) -> None:
        """Handle one dead letter of ImageQueue. Redriving it is safe."""
        job = current(self.jobs, message.job_id, message.run)
        if job is None or job.state in ENDED:
            return
        rows = self.rows.pending_in_range(job.id, job.run, message.range)
        parts = ranges.split(message, rows)
        if len(parts) > 1:
            self.image_queue.send(parts, group=fairness.group(job))
            return
        detail = (
            f"The function did not finish this image in {self.receives} tries, which is the maximum number."
        )
        error = ImageError(ImageErrorCode.GAVE_UP, detail)
        outcomes = {
            (row, place): image.failed(error) for row, place, image in ranges.named_images(message, rows)
        }
        self.record_images(job, rows, outcomes)
        self.carry_on(job, message.range)
