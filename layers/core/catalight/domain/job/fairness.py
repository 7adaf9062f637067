"""Whose turn it is: the groups by which SQS shares the image function between jobs.

A group that takes over a tenth of the consumers' time is noisy, and messages of others are delivered before
its own (Amazon SQS Developer Guide, "How Amazon SQS fair queues work").
"""

import hashlib

from catalight.domain.job.job import Job

SMALL_RANGES = 20
"""The ranges of the largest job that counts as small: about 200 images, or ten rows of any catalogue."""

LARGE_GROUPS = 8
"""Groups of large jobs. Busy together, eight take over a tenth each; of ten or more, none would be noisy."""


def group(job: Job) -> str:
    """Return the group of a job's ranges.

    The small jobs of an owner are one group, which is quiet, so they wait for nobody's large jobs, not even
    for their owner's. The large jobs of an owner are of the same group, so twenty of them are one neighbour.
    Owners whose hashes collide share a group of large jobs. A hash does not show who the owner is.
    """
    if job.ranges <= SMALL_RANGES:
        return of_owner(job.owner)
    return f"large-{int(_digest(job.owner), 16) % LARGE_GROUPS}"


def of_owner(owner: str) -> str:
    """Return the group of an owner's small jobs, and on IngestQueue of its files that are read on."""
    return _digest(owner)[:32]


def _digest(owner: str) -> str:
    return hashlib.sha256(owner.encode()).hexdigest()
