"""Deliver a job's webhook again."""

from dataclasses import dataclass

from catalight.domain.errors import JobNotFinishedError, NoWebhookError
from catalight.domain.job.job import ENDED, Job
from catalight.domain.messages import DeliverWebhook
from catalight.usecases.jobs.link_result import RETRY_AFTER
from catalight.usecases.messaging import send_best_effort
from catalight.usecases.ports import Clock, Deliveries, Jobs, Queue


@dataclass(frozen=True, slots=True)
class RedeliverWebhook:
    """Restart the attempts of a webhook, with the same id."""

    jobs: Jobs
    deliveries: Deliveries
    webhook_queue: Queue
    clock: Clock

    def __call__(self, job_id: str) -> Job:
        """Return the job. Raise JobNotFoundError, NoWebhookError, or JobNotFinishedError while it runs."""
        job = self.jobs.get(job_id)
        if job.webhook is None:
            raise NoWebhookError(job_id)
        if job.state not in ENDED:
            raise JobNotFinishedError(job_id, RETRY_AFTER)
        self.deliveries.renew(job_id, job.run, self.clock())
        send_best_effort(self.webhook_queue, [DeliverWebhook(job_id, job.run)])
        return self.jobs.get(job_id)
