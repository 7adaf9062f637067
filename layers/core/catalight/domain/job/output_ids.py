"""The keys under which the outputs of a job are remembered."""

from catalight.domain.job import reuse
from catalight.domain.job.job import Job
from catalight.domain.job.row import Image


def output_id(job: Job, image: Image, stem: str | None) -> bytes:
    """Return the key under which an output of a job is remembered.

    `stem` is the name that the image should have in its link. Without a template for names it does not count,
    because images with the same bytes then share a link.
    """
    rendition, named = job.renditions[image.rendition], stem if job.naming else None
    return reuse.output_id(job.owner, image.url, job.request_headers, rendition, named)
