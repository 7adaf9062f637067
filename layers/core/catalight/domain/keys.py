"""What a job may have stored, by its keys."""

from collections.abc import Iterator

from catalight.domain import links
from catalight.domain.errors import ImageErrorCode
from catalight.domain.job import Job
from catalight.domain.row import Row


def result_keys(job: Job) -> list[str]:
    """The result CSVs of all runs so far."""
    return [links.result_key(job.id, run) for run in range(1, job.run + 1)]


def referenced(row: Row) -> Iterator[str]:
    """The images of the row that are done."""
    return (links.image_key(image.link) for image in row.images if image.link)


def unreferenced(job: Job, row: Row) -> Iterator[str]:
    """Where attempts of the row's run may have stored images that are not done: the key was known before."""
    extension = job.options.format.extension
    for place, image in enumerate(row.images):
        if not image.link and image.error is not ImageErrorCode.INVALID_URL:
            yield links.image_key(links.link(job.secret, row.run, row.number, place, image.url, extension))
