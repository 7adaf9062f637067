"""Deliver a job's webhook, with growing pauses between the attempts, until the receiver accepts it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from catalight.domain import retries
from catalight.domain.facts import WebhookCalled
from catalight.domain.job.job import ENDED, Job
from catalight.domain.job.webhook import Delivery, Webhook, WebhookState
from catalight.domain.messages import DeliverWebhook as Message
from catalight.usecases.jobs.current import current
from catalight.usecases.ports import Clock, Deliveries, Jobs, Queue, Report, WebhookSender

LEASE = timedelta(seconds=30)  # longer than a call may take


@dataclass(frozen=True, slots=True)
class DeliverWebhook:
    """Deliver a webhook at least once, with one id for each job, run and event (Standard Webhooks 1.0).

    `pauses` are the seconds before each further attempt. An attempt is claimed for LEASE. If it crashes, it
    counts as failed, and the next attempt follows when its lease is over. The sweeper sends the messages that
    are due later than SQS can delay.
    """

    jobs: Jobs
    deliveries: Deliveries
    webhook_queue: Queue
    send: WebhookSender
    clock: Clock
    pauses: Sequence[float]
    report: Report

    def __call__(self, message: Message) -> None:
        """Handle one message. An early one is sent again, and of duplicates only one calls the webhook."""
        job = current(self.jobs, message.job_id, message.run)
        webhook = job.webhook if job and job.state in ENDED else None
        if job is None or webhook is None or webhook.state is not WebhookState.PENDING:
            return
        now = self.clock()
        if webhook.next_at and webhook.next_at > now:
            self._send_later(message, webhook.next_at, now)
            return
        if webhook.attempts > len(self.pauses):
            interrupted = Delivery(now, status=None, error="interrupted", milliseconds=0)
            self.deliveries.record(job.id, job.run, webhook.attempts, interrupted, next_at=None)
            return
        if self.deliveries.begin(job.id, job.run, webhook.attempts, now + LEASE):
            self._attempt(job, webhook, message)

    def _attempt(self, job: Job, webhook: Webhook, message: Message) -> None:
        delivery = self.send(job.owner, webhook.url, webhook_id(job), _body(job), self.clock())
        self.report(WebhookCalled(job.id, job.run, webhook.attempts + 1, delivery))
        now = self.clock()
        next_at = retries.next_try(webhook.attempts, self.pauses, now)
        self.deliveries.record(job.id, job.run, webhook.attempts + 1, delivery, next_at)
        if next_at and WebhookState.after(delivery, next_at) is WebhookState.PENDING:
            self._send_later(message, next_at, now)

    def _send_later(self, message: Message, due: datetime, now: datetime) -> None:
        if due - now <= timedelta(seconds=retries.MAX_DELAY):
            self.webhook_queue.send([message], delay=retries.delay(due, now))


def webhook_id(job: Job) -> str:
    """Return the id of a job, run and event. Every attempt has it, so receivers can detect duplicates."""
    return f"msg_{job.id}_{job.run}_{_event(job)}"


def _event(job: Job) -> str:
    return f"job.{job.state.shown.lower()}"


def _body(job: Job) -> str:
    data = {
        "request_id": job.id,
        "status": job.state.shown,
        "file_name": job.file_name,
        "reference": job.reference,
        "images": {"total": job.outputs_total, "done": job.counts.done, "failed": job.counts.failed},
        "errors": dict(job.counts.errors),
        "bytes": {"in": job.counts.bytes_in, "out": job.counts.bytes_out},
        "download_url": f"{job.api_base}/download/{job.id}",
    }
    ended = job.finished_at.isoformat() if job.finished_at else None
    return json.dumps({"type": _event(job), "timestamp": ended, "data": data})
