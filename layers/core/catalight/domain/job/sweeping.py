"""When the sweeper looks at a job: whatever was lost on the way, the job stands still no longer than this."""

from datetime import datetime, timedelta

from catalight.domain.job.job import ENDED, RUNNING, Job, JobState
from catalight.domain.job.webhook import WebhookState

UNSEALED = timedelta(hours=1)  # after which an upload that was broken off is removed
GRACE = timedelta(minutes=15)  # after which no function still works on what it read: Lambda's longest run
MAX_PAUSE = timedelta(hours=1)  # between two looks at a job that stands still


def is_stalled(job: Job, now: datetime, stall_timeout: timedelta) -> bool:
    """Whether the job has not moved for `patience`, so that something may have been lost."""
    return job.moved_at + stall_timeout <= now


def unsealed_too_long(job: Job, now: datetime) -> bool:
    """Whether the job is an upload that was broken off and is not going to be continued."""
    return not job.sealed and job.run == 1 and job.created_at + UNSEALED <= now


def next_sweep(job: Job, now: datetime, stall_timeout: timedelta) -> datetime:
    """When to look at it again: when something is due, or after growing pauses while it stands still."""
    pause = min(stall_timeout * 2 ** min(job.looks, 10), max(stall_timeout, MAX_PAUSE))
    falls_due = [time for time in _due_times(job) if time > now]
    return min([*falls_due, now + pause]) if _busy(job) else min(falls_due, default=now + pause)


def _busy(job: Job) -> bool:
    """Whether messages are to be on their way for the job."""
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
        return [time for time in (job.expires_at, webhook) if time]
    if not job.sealed and job.run == 1:
        return [job.created_at + UNSEALED]
    return [job.deadline_at] if job.state in RUNNING else [job.expires_at]
