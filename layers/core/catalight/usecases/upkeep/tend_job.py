"""Do what is due for a job and what no other handler does."""

from dataclasses import dataclass

from catalight.domain.job import fairness, ranges, sweeping
from catalight.domain.job.job import ENDED, Job, JobState
from catalight.domain.job.retention import Retention
from catalight.domain.job.webhook import WebhookState
from catalight.domain.messages import DeliverWebhook, FinishJob, ProcessRange
from catalight.domain.messages import TendJob as Message
from catalight.usecases.exports.abort_exports import AbortExports
from catalight.usecases.images.end_rows import EndRows
from catalight.usecases.jobs.ask_completion import AskCompletion
from catalight.usecases.jobs.reopen_rows import ReopenRows
from catalight.usecases.ports import Clock, Jobs, Queue, Rows, SecondsLeft
from catalight.usecases.upkeep.purge_job import PurgeJob
from catalight.usecases.upkeep.renew_outputs import RenewOutputs
from catalight.usecases.uploads.tend_upload import TendUpload


@dataclass(frozen=True, slots=True)
class TendJob:
    """Do what is due for a job, by its state and the clock. Doing it twice, or only in part, is harmless."""

    jobs: Jobs
    rows: Rows
    image_queue: Queue
    aggregator_queue: Queue
    webhook_queue: Queue
    ask_completion: AskCompletion
    end_rows: EndRows
    reopen_rows: ReopenRows
    abort_exports: AbortExports
    purge_job: PurgeJob
    tend_upload: TendUpload
    renew_outputs: RenewOutputs
    clock: Clock
    retention: Retention

    def __call__(self, message: Message, seconds_left: SecondsLeft) -> None:
        """Handle one message."""
        job = self.jobs.find(message.job_id)
        if job is None:
            return
        if job.state is JobState.GONE:
            self._continue_unless(self.purge_job(job, seconds_left), job)
        elif job.expires_at <= self.clock() and job.state in (*ENDED, JobState.FINISHING):
            self.jobs.expire(job.id, job.run, self.clock())
        elif job.state in ENDED:
            self._tend_webhook(job)
            ended = self.tend_upload.ended(job, seconds_left) and self.renew_outputs(job, seconds_left)
            self._continue_unless(ended, job)
        elif job.state is JobState.FINISHING:
            if self._is_stalled(job):
                self.aggregator_queue.send([FinishJob(job.id, job.run)])
        elif job.sealed:
            self._tend_running(job, seconds_left)
        else:
            self._tend_unsealed(job)

    def _tend_unsealed(self, job: Job) -> None:
        if job.run > 1:
            self.abort_exports.before(job.id, job.run)
            self.reopen_rows(job)
        elif job.upload:
            self.tend_upload.unsealed(job)
        elif sweeping.unsealed_too_long(job, self.clock()):
            self.jobs.abandon(job.id, self.clock())

    def _continue_unless(self, finished: bool, job: Job) -> None:
        if not finished:
            self.aggregator_queue.send([Message(job.id)])

    def _tend_webhook(self, job: Job) -> None:
        now, webhook = self.clock(), job.webhook
        if webhook and webhook.state is WebhookState.PENDING and (webhook.next_at or now) <= now:
            self.webhook_queue.send([DeliverWebhook(job.id, job.run)])

    def _tend_running(self, job: Job, seconds_left: SecondsLeft) -> None:
        if job.deadline_at <= self.clock():
            self._continue_unless(self.end_rows.all(job, seconds_left), job)
        elif job.state is JobState.CANCELLING:
            self._continue_unless(self.end_rows.not_in_progress(job, seconds_left), job)
        if self._is_stalled(job):
            self._resend_due_ranges(job)
        self.ask_completion(job.id, job.run)

    def _resend_due_ranges(self, job: Job) -> None:
        """Send again the ranges that should be in the queue, the first of each lane, if an image is due."""
        now = self.clock()
        due = {
            row.range or 0
            for row, is_head in ranges.mark_lane_heads(self.rows.pending(job.id), job.window)
            if is_head and any(image.due(now) for image in row.images)
        }
        messages = (ProcessRange(job.id, job.run, number) for number in sorted(due))
        self.image_queue.send(messages, group=fairness.group(job))

    def _is_stalled(self, job: Job) -> bool:
        return sweeping.is_stalled(job, self.clock(), self.retention.stall_timeout)
