"""Process one row range: download, compress and store its images, and end its rows."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from catalight.domain import ranges, retries
from catalight.domain.errors import JobNotFoundError
from catalight.domain.job import RUNNING, Counts, Job, JobState
from catalight.domain.messages import ProcessRange as Message
from catalight.domain.row import Image, Row, first_due
from catalight.usecases.ask_completion import AskCompletion
from catalight.usecases.make_light import MakeLight, Task
from catalight.usecases.ports import Clock, Jobs, Queue, Rows


@dataclass(frozen=True, slots=True)
class ProcessRange:
    """Process what is pending and due in a range; whatever the message's history, the right state results."""

    jobs: Jobs
    rows: Rows
    image_queue: Queue
    ask_completion: AskCompletion
    make_light: MakeLight
    clock: Clock

    def __call__(self, message: Message, seconds_left: Callable[[], float]) -> None:
        """Handle one message.

        `seconds_left` is the time that the function may still run: images that cannot be worked on within it
        stay pending and are sent anew.
        """
        job = self._job(message)
        if job is None:
            return
        if job.state is JobState.FINISHING:  # an earlier delivery may have died before it was told
            self.ask_completion(job.id, job.run)
            return
        if job.state is JobState.PENDING:
            self.jobs.start(job.id, job.run, self.clock())
        rows = self.rows.pending_in_range(job.id, job.run, message.range)
        if rows:
            self._process(job, message, rows, seconds_left)
        else:
            self._heal_lane(job, message)
        self.ask_completion(job.id, job.run)

    def _job(self, message: Message) -> Job | None:
        """The message's job, where it is of this run and has not ended."""
        try:
            job = self.jobs.get(message.job_id)
        except JobNotFoundError:
            return None
        return job if job.run == message.run and job.state in (*RUNNING, JobState.FINISHING) else None

    def _process(
        self, job: Job, message: Message, rows: Sequence[Row], seconds_left: Callable[[], float]
    ) -> None:
        worked = self._work(job, rows, seconds_left)
        changed = [new for old, new in zip(rows, worked, strict=True) if new != old]
        saved = self.rows.save(changed)
        if saved == len(changed):
            self._record_progress(job, rows, worked)
            waiting = [row for row in worked if row.pending]
        elif saved:  # a twin wrote the others: what is left to do is only in the database
            waiting = self.rows.pending_in_range(job.id, job.run, message.range)
        else:  # a twin wrote them all, and carries the lane on
            return
        if waiting:
            self._send_again(message, waiting)
        else:
            self._send_successor(job, message)

    def _work(self, job: Job, rows: Sequence[Row], seconds_left: Callable[[], float]) -> list[Row]:
        now = self.clock()
        tasks = [
            Task(row.number, place, image)
            for row in rows
            for place, image in enumerate(row.images)
            if image.due(now)
        ]
        outcomes = self.make_light(job, tasks, seconds_left)
        return [_with_outcomes(row, outcomes) for row in rows]

    def _record_progress(self, job: Job, before: Iterable[Row], after: Iterable[Row]) -> None:
        newly_ended = [
            new
            for old_row, new_row in zip(before, after, strict=True)
            for old, new in zip(old_row.images, new_row.images, strict=True)
            if new.ended and not old.ended
        ]
        if newly_ended:
            self.jobs.record_progress(job.id, job.run, Counts.of(newly_ended))

    def _send_again(self, message: Message, waiting: Sequence[Row]) -> None:
        self.image_queue.send([message], delay=retries.delay(first_due(waiting), self.clock()))

    def _heal_lane(self, job: Job, message: Message) -> None:
        """Send the successor of a range that has ended: whoever ended it may have died before it did."""
        following = ranges.successor(message.range, job.ranges, job.window)
        if following is not None and self.rows.pending_in_range(job.id, job.run, following):
            self.image_queue.send([replace(message, range=following)])

    def _send_successor(self, job: Job, message: Message) -> None:
        following = ranges.successor(message.range, job.ranges, job.window)
        if following is not None:
            self.image_queue.send([replace(message, range=following)])


def _with_outcomes(row: Row, outcomes: dict[tuple[int, int], Image]) -> Row:
    images = tuple(outcomes.get((row.number, place), image) for place, image in enumerate(row.images))
    return replace(row, images=images)
