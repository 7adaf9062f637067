"""Download, compress and store images concurrently."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, wait
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from threading import Event

from catalight.domain import retries
from catalight.domain.errors import UNEXPECTED, ImageError, UnavailableError
from catalight.domain.image.compressed import Compressed
from catalight.domain.image.rendition import Rendition
from catalight.domain.image.report import Times, milliseconds
from catalight.domain.job import links
from catalight.domain.job.job import Job
from catalight.domain.job.request_headers import RequestHeaders
from catalight.domain.job.row import Image, ImageState
from catalight.domain.web import hosts
from catalight.usecases.images.byte_budget import ByteBudget
from catalight.usecases.images.host_backoff import HostBackoff
from catalight.usecases.images.host_scheduler import HostScheduler
from catalight.usecases.ports import Clock, Hosts, ObjectStore

logger = logging.getLogger(__name__)

UNEXPECTED_AT = "unexpected error at image %s of row %s of job %s"


@dataclass(frozen=True, slots=True)
class Task:
    """One image that is due, in one rendition. `row` is the number of its row, `place` its index there.

    `stem` is the output's name without the extension; None: that of its source.
    """

    row: int
    place: int
    image: Image
    stem: str | None = None


@dataclass(frozen=True, slots=True)
class _Work:
    """The renditions of one image that are due: the image is downloaded and decoded once for all of them."""

    tasks: tuple[Task, ...]

    @classmethod
    def of(cls, tasks: Iterable[Task]) -> "list[_Work]":
        """Group tasks by their image."""
        images: dict[tuple[int, int], list[Task]] = {}
        for task in tasks:
            images.setdefault((task.row, task.place - task.image.rendition), []).append(task)
        return [cls(tuple(of_image)) for of_image in images.values()]

    @property
    def url(self) -> str:
        """The URL that the image is downloaded from."""
        return self.tasks[0].image.url

    @property
    def host(self) -> str:
        """The host of the URL."""
        return hosts.name(self.url)

    @property
    def waited(self) -> bool:
        """Whether the image has waited for its host before."""
        return any(task.image.waiting_since for task in self.tasks)

    def unchanged(self) -> list[Image]:
        """Return the images as they are."""
        return [task.image for task in self.tasks]


@dataclass(frozen=True, slots=True)
class _Download:
    """A download that succeeded, with its time in milliseconds."""

    data: bytes
    time: int


@dataclass(frozen=True, slots=True)
class _Call:
    """What the threads of one call share. `order` numbers the downloads in the order of their start."""

    job: Job
    scheduler: HostScheduler[_Work]
    backoff: HostBackoff
    seconds_left: Callable[[], float]
    order: Iterator[int] = field(default_factory=count)
    store_is_down: Event = field(default_factory=Event)


@dataclass(frozen=True, slots=True)
class CompressImages:
    """Download, compress and store images, `downloads` at once in `threads`.

    `compress` makes all renditions of an image that are due, and returns an output or an error for each; it
    raises the error of a source that cannot be used. It also gets the job's id, because images of different
    jobs may not share a process; `expect` gets it while the first images are downloaded, so that the process
    has started by then. `coding` limits how many images are decoded and encoded at once, and `output_budget`
    the bytes of the outputs that wait for the store.

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
    compress: Callable[[bytes, Sequence[Rendition], str], Sequence[Compressed | ImageError]]
    expect: Callable[[str], None]
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
        works = _Work.of(tasks)
        scheduler = HostScheduler(((work.host, work) for work in works), self.per_host)
        # Half of the deadline, so that an image can wait for its host and still be tried.
        longest = self.deadline / 2
        names = {work.host for work in works}
        backoff = HostBackoff(self.hosts, job.owner, names, self.clock, self.random, longest)
        call = _Call(job, scheduler, backoff, seconds_left)
        images: dict[tuple[int, int], Image] = {}

        def process() -> None:
            for work in scheduler:
                for task, image in zip(work.tasks, self._attempt(call, work), strict=True):
                    images[task.row, task.place] = image

        workers = [self.threads.submit(process) for _ in range(min(self.downloads, len(works)))]
        self.expect(job.id)
        wait(workers)
        for worker in workers:
            worker.result()  # re-raises the exception of the thread, if any
        return images

    def _attempt(self, call: _Call, work: _Work) -> Sequence[Image]:
        """Return the images of the work in their new state."""
        try:
            return self._compress(call, work)
        except ImageError as error:
            return self._after_failure(call, work, error)
        except UnavailableError:
            return self._after_outage(call, work)
        except Exception:  # fail this image only, and keep the others
            logger.exception(UNEXPECTED_AT, work.tasks[0].place, work.tasks[0].row, call.job.id)
            return [image.failed(UNEXPECTED) for image in work.unchanged()]

    def _compress(self, call: _Call, work: _Work) -> Sequence[Image]:
        with call.scheduler.at(work.host):  # while this image is coded, the next one is fetched
            if call.store_is_down.is_set():
                return self._after_outage(call, work)
            if host_at := call.backoff.retry_at(work.host, waited=work.waited):
                return [image.waiting(host_at, self.clock(), self.deadline) for image in work.unchanged()]
            order = next(call.order)
            if order >= min(self.downloads, self.per_host) and call.seconds_left() < self._seconds_per_image:
                return work.unchanged()
            began = self.timer()
            source = self._fetch(call, work)
            download = _Download(source, milliseconds(self.timer() - began))
        with ExitStack() as reserved:
            with self.coding:
                if order and call.seconds_left() < self.coding_seconds:
                    return work.unchanged()
                renditions = [call.job.renditions[task.image.rendition] for task in work.tasks]
                outputs = self.compress(source, renditions, call.job.id)
                size = sum(len(output.data) for output in outputs if isinstance(output, Compressed))
                # Reserve before the coding slot is free, so that no further output is made without budget.
                reserved.enter_context(self.output_budget.reserve(size))
            return list(self._outcomes(call, work, download, outputs))

    def _outcomes(
        self, call: _Call, work: _Work, download: _Download, outputs: Sequence[Compressed | ImageError]
    ) -> Iterator[Image]:
        """Store the outputs, and yield each image in its new state.

        What is stored counts, whatever happens to the others. After an outage of the store they wait. The
        first image that is done has the download and the decoding, so that sums count them once.
        """
        made = [output for output in outputs if isinstance(output, Compressed)]
        once = Times(fetch=download.time, decode=sum(output.times.decode for output in made))
        bytes_in, retry_at = len(download.data), None
        for task, output in zip(work.tasks, outputs, strict=True):
            if isinstance(output, ImageError):
                yield from self._after_failure(call, _Work((task,)), output)
            elif retry_at:
                yield task.image.deferred(retry_at)
            else:
                image = self._stored(call, task, bytes_in, output, once)
                if image.state is ImageState.DONE:
                    bytes_in, once = 0, Times()
                retry_at = image.not_before
                yield image

    def _stored(self, call: _Call, task: Task, bytes_in: int, output: Compressed, once: Times) -> Image:
        try:
            return self._store(call, task, bytes_in, output, once)
        except UnavailableError:
            return self._after_outage(call, _Work((task,)))[0]
        except Exception:  # fail this rendition only, and keep the others
            logger.exception(UNEXPECTED_AT, task.place, task.row, call.job.id)
            return task.image.failed(UNEXPECTED)

    def _store(self, call: _Call, task: Task, bytes_in: int, output: Compressed, once: Times) -> Image:
        position, extension = (call.job.run, task.row, task.place), output.format.extension
        link = links.link(call.job.secret, *position, task.image.url, extension, task.stem)
        began = self.timer()
        self.store.put(links.image_key(link), output.data, output.format.media_type)
        times = replace(output.times, decode=0) + once + Times(store=milliseconds(self.timer() - began))
        sizes = bytes_in, len(output.data), output.width, output.height
        flags = {"kept": output.kept, "small": output.small}
        return task.image.done(link, *sizes, output.source, times, **flags, chosen=output.chosen)

    @property
    def _seconds_per_image(self) -> float:
        return self.fetch_seconds + self.coding_seconds

    def _fetch(self, call: _Call, work: _Work) -> bytes:
        try:
            source = self.fetch(work.url, call.job.request_headers)
        except ImageError as error:
            if error.status in hosts.THROTTLED:
                call.backoff.throttled(work.host, error.retry_after)
            raise
        call.backoff.recovered(work.host)
        return source

    def _after_outage(self, call: _Call, work: _Work) -> list[Image]:
        """Wait until the store may be up again. Until then, each attempt would waste a download."""
        call.store_is_down.set()
        retry_at = self.clock() + timedelta(seconds=self.outage_pause * retries.jitter(self.random))
        return [image.deferred(retry_at) for image in work.unchanged()]

    def _after_failure(self, call: _Call, work: _Work, error: ImageError) -> list[Image]:
        """Return the images after an error of their own. Those with as many attempts wait equally long."""
        now, factor = self.clock(), retries.jitter(self.random)
        retry_after = now + timedelta(seconds=error.retry_after or 0)
        host_retry_at = call.backoff.retry_at(work.host, waited=True) or now

        def after(image: Image) -> Image:
            if error.status == hosts.TOO_MANY_REQUESTS:  # nothing is wrong with the image: no attempt is lost
                return image.throttled(error, max(retry_after, host_retry_at), now, self.deadline)
            pauses = self.pauses if error.transient else ()
            next_try = retries.next_try(image.attempts, pauses, now, factor)
            if next_try is None:
                return image.failed(error)
            until = max(next_try, retry_after, host_retry_at)
            return image.retry_later(error, until, now, self.deadline)

        return [after(image) for image in work.unchanged()]
