"""Make images light: download, compress and store them side by side."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from catalight.domain import links, retries
from catalight.domain.errors import ImageError
from catalight.domain.job import Job
from catalight.domain.options import ImageFormat, Options
from catalight.domain.row import Image
from catalight.usecases.ports import Clock, ObjectStore


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

    `reserve` is the seconds that one image may take: none is started with less time left, but the first
    `downloads` always are, so that every delivery of a message makes progress.
    """

    fetch: Callable[[str], bytes]
    compress: Callable[[bytes, Options], Compressed]
    store: ObjectStore
    clock: Clock
    coding: AbstractContextManager[object]
    pauses: Sequence[float]
    downloads: int = 10
    reserve: float = 45.0

    def __call__(
        self, job: Job, tasks: Sequence[Task], seconds_left: Callable[[], float]
    ) -> dict[tuple[int, int], Image]:
        """Return each image that was tried, as it stands now, by row number and place."""

        def attempt(numbered: tuple[int, Task]) -> Iterable[tuple[tuple[int, int], Image]]:
            index, task = numbered
            if index >= self.downloads and seconds_left() < self.reserve:
                return ()
            return (((task.row, task.place), self._attempt(job, task)),)

        with ThreadPoolExecutor(max_workers=self.downloads) as pool:
            return dict(_flatten(pool.map(attempt, enumerate(tasks))))

    def _attempt(self, job: Job, task: Task) -> Image:
        try:
            return self._make_light(job, task)
        except ImageError as error:
            return self._after_failure(task.image, error)

    def _make_light(self, job: Job, task: Task) -> Image:
        source = self.fetch(task.image.url)
        with self.coding:
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


def _flatten[T](groups: Iterator[Iterable[T]]) -> Iterator[T]:
    return (item for group in groups for item in group)
