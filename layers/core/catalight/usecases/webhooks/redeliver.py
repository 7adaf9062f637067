"""Deliver a job's webhook again."""

from dataclasses import dataclass
from math import ceil

from catalight.domain.errors import JobNotFinishedError, NoWebhookError, RedeliveryError
from catalight.domain.job.job import ENDED, Job
from catalight.domain.job.webhook import Webhook
from catalight.domain.messages import DeliverWebhook
from catalight.usecases.jobs.link_result import RETRY_AFTER
from catalight.usecases.messaging import send_best_effort
from catalight.usecases.ports import Clock, Deliveries, Jobs, Queue


@dataclass(frozen=True, slots=True)
class RedeliverWebhook:
    """Restart the attempts of a webhook, with the same id: not while it is called, with pauses, and counted.

    Otherwise whoever may call the API could use it to flood the receiver.
    """

    jobs: Jobs
    deliveries: Deliveries
    webhook_queue: Queue
    clock: Clock

    def __call__(self, job_id: str) -> Job:
        """Return the job.

        Raise JobNotFoundError, NoWebhookError, JobNotFinishedError while it runs, or RedeliveryError if its
        webhook cannot be redelivered yet.
        """
        job, webhook = self._ended(job_id)
        now = self.clock()
        if not self.deliveries.renew(job_id, job.run, now):
            job, webhook = self._ended(job_id)  # raises if it was deleted or retried meanwhile
            wait = webhook.redeliverable_at(now) - now
            raise RedeliveryError(job_id, max(1, ceil(wait.total_seconds())))
        send_best_effort(self.webhook_queue, [DeliverWebhook(job_id, job.run)])
        return self.jobs.get(job_id)

    def _ended(self, job_id: str) -> tuple[Job, Webhook]:
        job = self.jobs.get(job_id)
        if job.webhook is None:
            raise NoWebhookError(job_id)
        if job.state not in ENDED:
            raise JobNotFinishedError(job_id, RETRY_AFTER)
        return job, job.webhook
