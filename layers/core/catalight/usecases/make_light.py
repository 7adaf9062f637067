"""Make images light: download, compress and store them side by side."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from math import inf
from typing import Protocol

from catalight.domain import links, retries
from catalight.domain.errors import ImageError, ImageErrorCode, UnavailableError
from catalight.domain.job import Job
from catalight.domain.options import ImageFormat, Options
from catalight.domain.row import Image
from catalight.usecases.ports import Clock, ObjectStore

logger = logging.getLogger(__name__)

UNEXPECTED = ImageError(ImageErrorCode.INTERNAL_ERROR, "Something went wrong inside Catalight; it is logged.")


class Compressed(Protocol):
    """An output image: its bytes, format and dimensions in pixels."""

    @property
    def data(self) -> bytes: ...
    @property
    def format(self) -> ImageFormat: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Task:
    """One image that is due: `row` and `place` are its row's number and its place in the cell."""

    row: int
    place: int
    image: Image


@dataclass(frozen=True, slots=True)
class MakeLight:
    """Make images light, `downloads` at once; `coding` bounds how many are decoded and encoded at once.

    `fetch_seconds` and `coding_seconds` are what these may take: neither is begun with less time left, but
    the first downloads always are, and so is all of the first image. What is not begun, and what a service
    of ours had no answer for, stays pending.
    """

    fetch: Callable[[str], bytes]
    compress: Callable[[bytes, Options], Compressed]
    store: ObjectStore
    clock: Clock
    coding: AbstractContextManager[object]
    pauses: Sequence[float]
    downloads: int
    fetch_seconds: float
    coding_seconds: float

    def __call__(
        self, job: Job, tasks: Sequence[Task], seconds_left: Callable[[], float]
    ) -> dict[tuple[int, int], Image]:
        """Return each image as it stands now, by row number and place."""

        def attempt(index: int, task: Task) -> Image:
            if index >= self.downloads and seconds_left() < self.fetch_seconds + self.coding_seconds:
                return task.image
            return self._attempt(job, task, seconds_left if index else lambda: inf)

        with ThreadPoolExecutor(max_workers=self.downloads) as pool:
            images = pool.map(attempt, count(), tasks)
            return {(task.row, task.place): image for task, image in zip(tasks, images, strict=True)}

    def _attempt(self, job: Job, task: Task, seconds_left: Callable[[], float]) -> Image:
        try:
            return self._make_light(job, task, seconds_left)
        except ImageError as error:
            return self._after_failure(task.image, error)
        except UnavailableError as error:
            return replace(task.image, not_before=self.clock() + timedelta(seconds=error.retry_after))
        except Exception:  # whatever it is, it is this image's end, and the others are kept
            logger.exception("unexpected error at image %s of row %s of job %s", task.place, task.row, job.id)
            return task.image.failed(UNEXPECTED)

    def _make_light(self, job: Job, task: Task, seconds_left: Callable[[], float]) -> Image:
        source = self.fetch(task.image.url)
        with self.coding:
            if seconds_left() < self.coding_seconds:
                return task.image
            output = self.compress(source, job.options)
        link = "/".join(
            (
                links.token(job.secret, job.run, task.row, task.place),
                links.file_name(task.image.url, output.format.extension),
            )
        )
        self.store.put(links.image_key(link), output.data, output.format.media_type)
        return task.image.done(link, len(source), len(output.data), output.width, output.height)

    def _after_failure(self, image: Image, error: ImageError) -> Image:
        again = retries.next_try(image.attempts, self.pauses, self.clock()) if error.transient else None
        return image.postponed(again) if again else image.failed(error)
