"""Store outputs of earlier jobs again that the bucket would delete before a job that uses them."""

from concurrent.futures import Executor
from dataclasses import dataclass

from catalight.domain.image.formats import ImageFormat
from catalight.domain.job import links
from catalight.domain.job.job import Job
from catalight.domain.job.retention import Retention
from catalight.usecases.ports import Clock, ObjectStore, References, SecondsLeft

BATCH = 100
AT_ONCE = 16  # a copy only waits, for about 50 ms; one after the other, those of a large job would take a day
MIN_SECONDS_LEFT = 30.0  # seconds; more than a batch takes


@dataclass(frozen=True, slots=True)
class RenewOutputs:
    """Renew what became too old for a job after it was used: because the job was extended or retried.

    `threads` should be AT_ONCE.
    """

    references: References
    store: ObjectStore
    threads: Executor
    clock: Clock
    retention: Retention

    def __call__(self, job: Job, seconds_left: SecondsLeft) -> bool:
        """Renew what the bucket would delete too early. Return False if there is no time for all."""
        limit = job.expires_at - self.retention.max_lifetime
        while True:
            now = self.clock()
            old = [one.link for one in self.references.of_job(job.id, BATCH, before=limit)]
            if not old:
                return True
            list(self.threads.map(self._renew, old))  # raises what one of them raised
            self.references.renewed(old, now)
            if seconds_left() < MIN_SECONDS_LEFT:
                return False

    def _renew(self, link: str) -> None:
        self.store.renew(links.image_key(link), ImageFormat.of_name(link).media_type)
