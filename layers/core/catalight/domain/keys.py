"""What a job may have stored, by its keys."""

from collections.abc import Iterator

from catalight.domain import links
from catalight.domain.errors import ImageErrorCode
from catalight.domain.job import Job
from catalight.domain.row import Row


def result_keys(job: Job) -> list[str]:
    """The result CSVs of all runs so far."""
    return [links.result_key(job.id, run) for run in range(1, job.run + 1)]


def possible(job: Job, row: Row) -> Iterator[str]:
    """Where attempts of any run so far may have stored images of the row."""
    for run in range(1, job.run + 1):
        for place in range(len(row.images)):
            yield from _key(job, row, run, place)


def leftovers(job: Job, row: Row) -> Iterator[str]:
    """Where attempts of the row's own run may have stored images that are not done."""
    for place, image in enumerate(row.images):
        if not image.link:
            yield from _key(job, row, row.run, place)


def _key(job: Job, row: Row, run: int, place: int) -> Iterator[str]:
    image, extension = row.images[place], job.options.format.extension
    if image.error is not ImageErrorCode.INVALID_URL:
        yield links.image_key(links.link(job.secret, run, row.number, place, image.url, extension))
