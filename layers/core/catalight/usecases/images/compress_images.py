"""Download, compress and store images concurrently."""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, wait
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from threading import Event

from catalight.domain import retries
from catalight.domain.errors import ImageError, ImageErrorCode, UnavailableError
from catalight.domain.image.compressed import Compressed
from catalight.domain.image.rendition import Rendition
from catalight.domain.image.report import Times, milliseconds
from catalight.domain.job import links
from catalight.domain.job.job import Job
from catalight.domain.job.request_headers import RequestHeaders
from catalight.domain.job.row import Image
from catalight.domain.web import hosts
from catalight.usecases.images.byte_budget import ByteBudget
from catalight.usecases.images.host_backoff import HostBackoff
from catalight.usecases.images.host_scheduler import HostScheduler
from catalight.usecases.ports import Clock, Hosts, ObjectStore

logger = logging.getLogger(__name__)

UNEXPECTED = ImageError(
    ImageErrorCode.INTERNAL_ERROR, "An unexpected error occurred in Catalight. It is logged."
)


@dataclass(frozen=True, slots=True)
class Task:
    """One image that is due. `row` is the number of its row, and `place` its index in the cell."""

    row: int
    place: int
    image: Image

    @property
    def host(self) -> str:
        """The host that the image is downloaded from."""
        return hosts.name(self.image.url)


@dataclass(frozen=True, slots=True)
class _Call:
    """What the threads of one call share. `order` numbers the downloads in the order of their start."""

    job: Job
    scheduler: HostScheduler[Task]
    backoff: HostBackoff
    seconds_left: Callable[[], float]
    order: Iterator[int] = field(default_factory=count)
    store_is_down: Event = field(default_factory=Event)


@dataclass(frozen=True, slots=True)
class CompressImages:
    """Download, compress and store images, `downloads` at once in `threads`.

    `compress` also gets the job's id, because images of different jobs may not share a process. `coding`
    limits how many images are decoded and encoded at once, and `output_budget` the bytes of the outputs that
    wait for the store.

    Hosts: at most `per_host` downloads run at once from one host. A host that is backing off gets none; its
    images wait. `pauses` are the seconds before each further attempt, and `outage_pause` those before an
    attempt that an outage of our own services interrupted. No image waits for its host longer than
    `deadline` seconds.

    Time: a download takes at most `fetch_seconds`, and coding at most `coding_seconds`. Neither starts with
    less time left than the image still needs, with two exceptions: the first min(`downloads`, `per_host`)
    downloads (those that start at once, whatever their hosts), and the coding of the first image. Images that
    do not start, or that an outage of our own services interrupts, stay pending.
    """

    fetch: Callable[[str, RequestHeaders], bytes]
    compress: Callable[[bytes, Sequence[Rendition], str], list[Compressed | ImageError]]
    store: ObjectStore
    hosts: Hosts
    clock: Clock
    timer: Callable[[], float]
    random: retries.Random
    threads: Executor
    coding: AbstractContextManager[object]
    output_budget: ByteBudget
    pauses: Sequence[float]
    deadline: float
    outage_pause: float
    downloads: int
    per_host: int
    fetch_seconds: float
    coding_seconds: float

    def __call__(
        self, job: Job, tasks: Sequence[Task], seconds_left: Callable[[], float]
    ) -> dict[tuple[int, int], Image]:
        """Return each image in its new state, by row number and place."""
        scheduler = HostScheduler(((task.host, task) for task in tasks), self.per_host)
        # Half of the deadline, so that an image can wait for its host and still be tried.
        longest = self.deadline / 2
        names = {task.host for task in tasks}
        backoff = HostBackoff(self.hosts, job.owner, names, self.clock, self.random, longest)
        call = _Call(job, scheduler, backoff, seconds_left)
        images: dict[tuple[int, int], Image] = {}

        def work() -> None:
            for task in scheduler:
                images[task.row, task.place] = self._attempt(call, task)

        workers = [self.threads.submit(work) for _ in range(min(self.downloads, len(tasks)))]
        wait(workers)
        for worker in workers:
            worker.result()  # re-raises the exception of the thread, if any
        return images

    def _attempt(self, call: _Call, task: Task) -> Image:
        try:
            return self._outcome(call, task)
        except Exception:  # fail this image only, and keep the others
            logger.exception(
                "unexpected error at image %s of row %s of job %s", task.place, task.row, call.job.id
            )
            return task.image.failed(UNEXPECTED)

    def _outcome(self, call: _Call, task: Task) -> Image:
        try:
            return self._compress(call, task)
        except ImageError as error:
            return self._after_failure(call, task, error)
        except UnavailableError:
            call.store_is_down.set()
            return self._deferred(task.image)

    def _deferred(self, image: Image) -> Image:
        """Wait until the store may be up again. Until then, each attempt would waste a download."""
        return image.deferred(
            self.clock() + timedelta(seconds=self.outage_pause * retries.jitter(self.random))
        )

    def _compress(self, call: _Call, task: Task) -> Image:
        with call.scheduler.at(task.host):  # while this image is coded, the next one is fetched
            if call.store_is_down.is_set():
                return self._deferred(task.image)
            if retry_at := call.backoff.retry_at(task.host, waited=task.image.waiting_since is not None):
                return task.image.waiting(retry_at, self.clock(), self.deadline)
            order = next(call.order)
            if order >= min(self.downloads, self.per_host) and call.seconds_left() < self._seconds_per_image:
                return task.image
            began = self.timer()
            source = self._fetch(call, task)
            fetch = milliseconds(self.timer() - began)
        with ExitStack() as reserved:
            with self.coding:
                if order and call.seconds_left() < self.coding_seconds:
                    return task.image
                wanted = [call.job.renditions[task.image.rendition]]
                [output] = self.compress(source, wanted, call.job.id)
                if isinstance(output, ImageError):
                    raise output
                # Reserve before the coding slot is free, so that no further output is made without budget.
                reserved.enter_context(self.output_budget.reserve(len(output.data)))
            return self._store(call, task, len(source), output, fetch)

    def _store(self, call: _Call, task: Task, bytes_in: int, output: Compressed, fetch: int) -> Image:
        position, extension = (call.job.run, task.row, task.place), output.format.extension
        link = links.link(call.job.secret, *position, task.image.url, extension)
        began = self.timer()
        self.store.put(links.image_key(link), output.data, output.format.media_type)
        times = output.times + Times(fetch=fetch, store=milliseconds(self.timer() - began))
        sizes = bytes_in, len(output.data), output.width, output.height
        return task.image.done(link, *sizes, output.source, times, kept=output.kept)

    @property
    def _seconds_per_image(self) -> float:
        return self.fetch_seconds + self.coding_seconds

    def _fetch(self, call: _Call, task: Task) -> bytes:
        try:
            source = self.fetch(task.image.url, call.job.request_headers)
        except ImageError as error:
            if error.status in hosts.THROTTLED:
                call.backoff.throttled(task.host, error.retry_after)
            raise
        call.backoff.recovered(task.host)
        return source

    def _after_failure(self, call: _Call, task: Task, error: ImageError) -> Image:
        now, factor = self.clock(), retries.jitter(self.random)
        retry_after = now + timedelta(seconds=error.retry_after or 0)
        host_retry_at = call.backoff.retry_at(task.host, waited=True) or now
        if error.status == hosts.TOO_MANY_REQUESTS:  # nothing is wrong with the image: it costs no attempt
            return task.image.throttled(error, max(retry_after, host_retry_at), now, self.deadline)
        next_try = (
            retries.next_try(task.image.attempts, self.pauses, now, factor) if error.transient else None
        )
        if next_try is None:
            return task.image.failed(error)
        until = max(next_try, retry_after, host_retry_at)
        return task.image.retry_later(error, until, now, self.deadline)
