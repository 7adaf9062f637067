"""When the sweeper checks a job. This limits how long a job stays stalled, whatever was lost."""

from datetime import datetime, timedelta

from catalight.domain.job import upload
from catalight.domain.job.job import ENDED, RUNNING, Job, JobState
from catalight.domain.job.webhook import WebhookState

UPLOAD_TIMEOUT = timedelta(hours=1)  # after that, an interrupted upload is removed
GRACE = timedelta(minutes=15)  # after that, no function still works on what it read: Lambda's maximum
MAX_PAUSE = timedelta(hours=1)  # between two checks of a stalled job


def is_stalled(job: Job, now: datetime, stall_timeout: timedelta) -> bool:
    """Return whether the job made no progress for `stall_timeout`, so that something may have been lost."""
    return job.moved_at + stall_timeout <= now


def unsealed_too_long(job: Job, now: datetime) -> bool:
    """Return whether the job is an interrupted upload that will not be continued."""
    over = job.moved_at + upload.LIFETIME if job.upload else job.created_at + UPLOAD_TIMEOUT
    return not job.sealed and job.run == 1 and over <= now


def is_uncleared(job: Job) -> bool:
    """Return whether a big upload has ended without a result, and rows of it may still be stored."""
    never_ran = job.upload is not None and job.run == 1 and not job.sealed and job.state in ENDED
    return never_ran and job.upload is not None and not job.upload.cleared


def next_sweep(job: Job, now: datetime, stall_timeout: timedelta) -> datetime:
    """Return when to check the job again: when something is due, or after growing pauses if it is stalled."""
    pause = min(stall_timeout * 2 ** min(job.looks, 10), max(stall_timeout, MAX_PAUSE))
    falls_due = [time for time in _due_times(job) if time > now]
    return min([*falls_due, now + pause]) if _busy(job) else min(falls_due, default=now + pause)


def _busy(job: Job) -> bool:
    """Return whether messages should be in flight for the job."""
    if job.state is JobState.GONE:
        return False
    if job.state in ENDED:
        return job.webhook is not None and job.webhook.state is WebhookState.PENDING
    return True


def _due_times(job: Job) -> list[datetime]:
    if job.state is JobState.GONE:
        return [job.moved_at + GRACE]
    if job.state in ENDED:
        webhook = job.webhook.next_at if job.webhook else None
        to_clear = job.moved_at + GRACE if is_uncleared(job) else None
        return [time for time in (job.expires_at, webhook, to_clear) if time]
    if not job.sealed and job.run == 1:
        return [job.moved_at + upload.LIFETIME if job.upload else job.created_at + UPLOAD_TIMEOUT]
    return [job.deadline_at] if job.state in RUNNING else [job.expires_at]
