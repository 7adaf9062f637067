"""Whose turn it is: the groups by which SQS shares the image function between jobs.

SQS delivers messages of groups that take little of the consumers' time before those of groups that take more
than a tenth of it (Amazon SQS Developer Guide, "How Amazon SQS fair queues work").
"""

import hashlib

from catalight.domain.job.job import Job

SMALL_RANGES = 20
"""The ranges of the largest job that counts as small: about 200 images, or ten rows of any catalogue."""


def group(job: Job) -> str:
    """Return the group of a job's ranges. Each owner has two: one of its small jobs, one of its large ones.

    With a group for each job, ten large jobs of one owner would take a tenth of the time each, and none would
    be held back. With one group for each owner, its small jobs would wait behind its large ones. The group is
    a hash, so neither queue nor metrics show who the owner is.
    """
    size = "small" if job.ranges <= SMALL_RANGES else "large"
    return hashlib.sha256(f"{job.owner}\0{size}".encode()).hexdigest()[:32]
