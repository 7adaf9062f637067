"""The keys of the objects that a job may have stored."""

from collections.abc import Iterable, Iterator

from catalight.domain.errors import ImageErrorCode
from catalight.domain.image.formats import ImageFormat
from catalight.domain.job import image_names, links
from catalight.domain.job.job import Job
from catalight.domain.job.row import Image, Row


def result_keys(job: Job) -> list[str]:
    """Return the keys of the results that all runs so far may have written at their end."""
    return [
        links.result_key(job.id, run, form) for run in range(1, job.run + 1) for form in job.result.possible
    ]


def possible_keys(job: Job, row: Row) -> Iterator[str]:
    """Yield the keys under which attempts of any run so far may have stored images of the row."""
    for place in range(len(row.images)):
        yield from _keys(job, row, range(1, job.run + 1), place)


def orphan_keys(job: Job, row: Row) -> Iterator[str]:
    """Yield the keys that attempts of the row's own run may have used and no image of the row refers to.

    A done image may have such keys too: if it has the output of another image now, or if the options leave
    the format open, an earlier attempt crashed, and its host served a different source image.
    """
    for place, image in enumerate(row.images):
        if not image.link or image.lent or len(_formats(job, image)) > 1:
            referred = links.image_key(image.link) if image.link else None
            yield from (key for key in _keys(job, row, [row.run], place) if key != referred)


def _keys(job: Job, row: Row, runs: Iterable[int], place: int) -> Iterator[str]:
    """Yield one key for each of the runs and each format that the options allow."""
    image = row.images[place]
    if image.error is ImageErrorCode.INVALID_URL:
        return
    stem = image_names.stem(job, row, place)
    for run in runs:
        token = links.token(job.secret, run, row.number, place)
        yield from (links.image_key(f"{token}/{stem}.{output.extension}") for output in _formats(job, image))


def _formats(job: Job, image: Image) -> tuple[ImageFormat, ...]:
    return job.renditions[image.rendition].format.formats
