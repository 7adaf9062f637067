"""Process one row range: download, compress and store its images, and end its rows."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from catalight.domain import retries
from catalight.domain.job import fairness, image_names, ranges
from catalight.domain.job.job import ENDED, Job, JobState
from catalight.domain.job.row import Image, Row, first_due
from catalight.domain.messages import ProcessRange as Message
from catalight.usecases.callers.count_downloads import CountDownloads
from catalight.usecases.images.carry_on import CarryOn
from catalight.usecases.images.compress_images import CompressImages
from catalight.usecases.images.end_rows import CANCELLED
from catalight.usecases.images.record_images import Outcomes, RecordImages
from catalight.usecases.images.reuse_outputs import ReuseOutputs
from catalight.usecases.images.share_bytes import ShareBytes
from catalight.usecases.images.share_outcomes import ShareOutcomes
from catalight.usecases.images.work import Place, Recall, Task
from catalight.usecases.jobs.current import current
from catalight.usecases.ports import Clock, Jobs, Queue, Rows, SecondsLeft

WHOLE_TRIES = 2
"""How often a range is received before it is split.

More than once, because a receive counts in SQS even if Lambda was throttled and could not start the function:
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""


@dataclass(frozen=True, slots=True)
class ProcessRange:
    """Process what is pending and due in a range. The outcome is right however often the message arrives."""

    jobs: Jobs
    rows: Rows
    image_queue: Queue
    compress_images: CompressImages
    reuse_outputs: ReuseOutputs
    share_bytes: ShareBytes
    share_outcomes: ShareOutcomes
    record_images: RecordImages
    carry_on: CarryOn
    count_downloads: CountDownloads
    clock: Clock

    def __call__(self, message: Message, seconds_left: SecondsLeft, receives: int = 1) -> None:
        """Handle one message that was received `receives` times.

        `seconds_left` returns how long the function may still run. Images that do not fit into this time stay
        pending, and the message is sent again. After WHOLE_TRIES receives something in the range has probably
        crashed the function. Its images are then sent one by one, so that the one that crashes affects no
        other.
        """
        job = current(self.jobs, message.job_id, message.run)
        if job is None or job.state in ENDED:
            return
        if job.state is JobState.PENDING:
            self.jobs.start(job.id, job.run, self.clock())
        rows = self.rows.pending_in_range(job.id, job.run, message.range)
        parts = ranges.split(message, rows)
        if receives > WHOLE_TRIES and len(parts) > 1:
            self.image_queue.send(parts, group=fairness.group(job))
            return
        if not parts or self._process(job, message, rows, seconds_left):
            self.carry_on(job, message.range, ended=message.row is None)
        else:
            # Another handler continues the lane; doing it here too would continue it twice. But a duplicate
            # may have crashed before it checked for completion.
            self.carry_on.ask_completion(job.id, job.run)

    def _process(self, job: Job, message: Message, rows: Sequence[Row], seconds_left: SecondsLeft) -> bool:
        """Process a range. Return False if its message was sent again, or if a duplicate continues the lane.

        Of duplicates that work at the same time, the one that wrote the last of their images continues. So
        one of them does, and two of them do not go on down the lane.
        """
        recall = self.reuse_outputs.recall(job)
        left = {(row, place) for row, place, _ in ranges.named_images(message, rows)}
        places, own = set[Place](), set[Place]()
        with closing(self._outcomes(job, message, rows, seconds_left, recall)) as steps:
            for outcomes in filter(None, steps):
                recorded = self.record_images.recorded(job, rows, outcomes, recall.made)
                self.reuse_outputs.remember(job, recorded.stored, recall)
                rows = recorded.rows
                places |= outcomes.keys()
                own |= recorded.own.keys()
                left -= {at for at, image in recorded.stored.items() if image.ended}
        if places and max(places) not in own:
            return False
        if not left:
            return True
        rows = self.rows.pending_in_range(job.id, job.run, message.range)
        pending = [image for _, _, image in ranges.named_images(message, rows)]
        if pending:
            delay = retries.delay(first_due(pending), self.clock())
            self.image_queue.send([message], delay, fairness.group(job))
        return not pending

    def _outcomes(
        self, job: Job, message: Message, rows: Sequence[Row], seconds_left: SecondsLeft, recall: Recall
    ) -> Generator[Outcomes]:
        """Yield outcomes in steps. Those of one step must be recorded before the next step is taken."""
        of_number = {row.number: row for row in rows}
        tasks = [
            Task(number, place, image, image_names.stem(job, of_number[number], place))
            for number, place, image in ranges.named_images(message, rows)
        ]
        if job.state is JobState.CANCELLING:
            yield {(task.row, task.place): task.image.failed(CANCELLED) for task in tasks}
            return
        now = self.clock()
        due = [task for task in tasks if task.image.due(now)]
        first = [task for task in due if not task.image.same_as]
        if first:
            yield from self._compressed(job, first, seconds_left, recall)
        repeated = [(task, at) for task in due if (at := task.image.same_as)]
        if repeated:
            shared = self.share_outcomes(job.id, repeated)
            yield shared
            left = [(task, at) for task, at in repeated if (task.row, task.place) not in shared]
            if not first:  # else by the next message: until then, other ranges may have done it
                yield from self._downloaded_here(job, left, seconds_left, recall)

    def _downloaded_here(
        self, job: Job, repeated: Sequence[tuple[Task, Place]], seconds_left: SecondsLeft, recall: Recall
    ) -> Iterator[Outcomes]:
        """Yield the outcomes of images whose first one, at the Place, has not ended, without waiting for it.

        One image of each URL is processed, and the others become like that.
        """
        chosen, others = dict[Place, Task](), list[tuple[Task, Place]]()
        for task, at in repeated:
            one = chosen.setdefault(at, task)
            if one is not task:
                others.append((task, (one.row, one.place)))
        if chosen:
            yield from self._compressed(job, list(chosen.values()), seconds_left, recall)
        yield self.share_outcomes(job.id, others)

    def _compressed(
        self, job: Job, tasks: Sequence[Task], seconds_left: SecondsLeft, recall: Recall
    ) -> Iterator[Outcomes]:
        """Yield outcomes as they come. Of several images with the same bytes, the first is recorded first."""

        def compress(tasks: Sequence[Task], recall: Recall) -> Iterator[dict[Place, Image]]:
            with self.count_downloads.of(job.owner):
                yield from self.compress_images(job, tasks, seconds_left, recall)

        def has_time() -> bool:
            return seconds_left() >= self.compress_images.seconds_per_image

        for outcomes in self.reuse_outputs(job, tasks, recall, compress, has_time):
            first, others = self.share_bytes(job, outcomes, recall)
            yield first
            if others:
                same, unshared = self.share_bytes(job, others, recall)
                yield {**same, **unshared}
