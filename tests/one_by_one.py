"""CompressImages as it yields the images of slow hosts: each is recorded before the next one is fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields

from catalight.domain.job.job import Job
from catalight.domain.job.row import Image
from catalight.usecases.images.compress_images import CompressImages
from catalight.usecases.images.work import Place, Recall, Task, Work


class OneByOne(CompressImages):
    """Yields the images of each work for itself."""

    @classmethod
    def like(cls, other: CompressImages) -> OneByOne:
        """Return one with the same collaborators."""
        return cls(**{field.name: getattr(other, field.name) for field in fields(other)})

    def __call__(
        self,
        job: Job,
        tasks: Sequence[Task],
        seconds_left: Callable[[], float],
        recall: Recall | None = None,
    ) -> Iterator[dict[Place, Image]]:
        """Yield each image in its new state."""
        for work in Work.of(tasks):
            yield from super().__call__(job, work.tasks, seconds_left, recall)
