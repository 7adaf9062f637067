"""Download, compress and store images concurrently."""

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, wait
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
from catalight.domain.job import links, ranges
from catalight.domain.job.job import Job
from catalight.domain.job.request_headers import RequestHeaders
from catalight.domain.job.reuse import KnownOutput, Seen
from catalight.domain.job.row import Image, ImageState
from catalight.domain.web import hosts
from catalight.domain.web.fetched import Fetched, Validators
from catalight.usecases.images.byte_budget import ByteBudget
from catalight.usecases.images.host_backoff import HostBackoff
from catalight.usecases.images.host_scheduler import HostScheduler
from catalight.usecases.images.work import Download, Place, Recall, Task, Work
from catalight.usecases.ports import Clock, Hosts, ObjectStore, Report

logger = logging.getLogger(__name__)

UNEXPECTED_AT = "unexpected error at image %s of row %s of job %s"


@dataclass(frozen=True, slots=True)
class _Call:
    """What the threads of one call share. `order` numbers the downloads in the order of their start."""

    job: Job
    recall: Recall
    scheduler: HostScheduler[Work]
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

    Outcomes: those that have come are yielded together, not before the pause of `ranges.record_pause` is over
    since the last ones. The others go on meanwhile.

    Time: a download takes at most `fetch_seconds`, and coding at most `coding_seconds`. Neither starts with
    less time left than the image still needs, with two exceptions: the first min(`downloads`, `per_host`)
    downloads (those that start at once, whatever their hosts), and the coding of the first image. Images that
    do not start, or that an outage of our own services interrupts, stay pending.
    """

    fetch: Callable[[str, RequestHeaders, Validators | None], Fetched]
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
    report: Report

    def __call__(
        self,
        job: Job,
        tasks: Sequence[Task],
        seconds_left: Callable[[], float],
        recall: Recall | None = None,
    ) -> Iterator[dict[Place, Image]]:
        """Yield each image in its new state. `recall` says which are unchanged, or how to ask."""
        recall = recall or Recall()
        works = Work.of(tasks)
        images: dict[Place, Image] = {}
        for work in filter(recall.trusts, works):
            images |= _unchanged(work, recall.of(work), Times())
            recall.see(work, recall.of(work)[0].seen)
        if asked := [work for work in works if not recall.trusts(work)]:
            yield from self._process(job, asked, seconds_left, recall, images)
        elif images:
            yield images

    def _process(
        self,
        job: Job,
        works: Sequence[Work],
        seconds_left: Callable[[], float],
        recall: Recall,
        images: dict[Place, Image],
    ) -> Iterator[dict[Place, Image]]:
        """Yield `images` with the first images that come of `works`, and then the others."""
        scheduler = HostScheduler(((work.host, work) for work in works), self.per_host)
        # Half of the deadline, so that an image can wait for its host and still be tried.
        longest = self.deadline / 2
        names = {work.host for work in works}
        backoff = HostBackoff(self.hosts, job.owner, names, self.clock, self.random, longest, self.report)
        call = _Call(job, recall, scheduler, backoff, seconds_left)

        def process() -> None:
            for work in scheduler:
                images.update(self._attempt(call, work))

        workers = [self.threads.submit(process) for _ in range(min(self.downloads, len(works)))]
        if not all(map(recall.of, works)):  # else there may be nothing to do for the process
            self.expect(job.id)
        try:
            yield from _batches(images, workers, ranges.record_pause(job.ranges, job.window))
        finally:
            scheduler.stop()  # if what was yielded could not be recorded
            wait(workers)

    def _attempt(self, call: _Call, work: Work) -> Mapping[Place, Image]:
        """Return the images of the work in their new state."""
        try:
            return self._compress(call, work)
        except ImageError as error:
            return work.placed(self._after_failure(call, work, error))
        except UnavailableError:
            return work.placed(self._after_outage(call, work))
        except Exception:  # fail this image only, and keep the others
            logger.exception(UNEXPECTED_AT, work.tasks[0].place, work.tasks[0].row, call.job.id)
            return work.placed([image.failed(UNEXPECTED) for image in work.unchanged()])

    def _compress(self, call: _Call, work: Work) -> Mapping[Place, Image]:
        with call.scheduler.at(work.host):  # while this image is coded, the next one is fetched
            if call.store_is_down.is_set():
                return work.placed(self._after_outage(call, work))
            if host_at := call.backoff.retry_at(work.host, waited=work.waited):
                now = self.clock()
                return work.placed([image.waiting(host_at, now, self.deadline) for image in work.unchanged()])
            order = next(call.order)
            if order >= min(self.downloads, self.per_host) and call.seconds_left() < self.seconds_per_image:
                return work.placed(work.unchanged())
            began = self.timer()
            fetched = self._fetch(call, work)
            time = milliseconds(self.timer() - began)
        return self._after_download(call, work, fetched, time, order)

    def _after_download(
        self, call: _Call, work: Work, fetched: Fetched, time: int, order: int
    ) -> Mapping[Place, Image]:
        """Use the outputs again that are known of these bytes, and make the others."""
        now, known, times = self.clock(), call.recall.of(work), Times(fetch=time)
        if fetched.data is None:
            call.recall.see(work, replace(known[0].seen, asked_at=now))
            return _unchanged(work, known, times)
        download = Download(fetched.data, time, hashlib.sha256(fetched.data).digest())
        call.recall.see(work, Seen(download.digest, fetched.validators, now))
        same = [task for task in work.tasks if call.recall.is_of(task, download.digest)]
        left = Work(tuple(task for task in work.tasks if not call.recall.is_of(task, download.digest)))
        once = Times() if left.tasks else times  # what is made has the download
        images = _unchanged(Work(tuple(same)), [call.recall.known[task.at] for task in same], once)
        return {**images, **self._make(call, left, download, order)} if left.tasks else images

    def _make(self, call: _Call, work: Work, download: Download, order: int) -> Mapping[Place, Image]:
        """Make and store the outputs of an image that was downloaded as number `order`."""
        with ExitStack() as reserved:
            with self.coding:
                if order and call.seconds_left() < self.coding_seconds:
                    return work.placed(work.unchanged())
                renditions = [call.job.renditions[task.image.rendition] for task in work.tasks]
                outputs = self.compress(download.data, renditions, call.job.id)
                size = sum(len(output.data) for output in outputs if isinstance(output, Compressed))
                # Reserve before the coding slot is free, so that no further output is made without budget.
                reserved.enter_context(self.output_budget.reserve(size))
            return work.placed(list(self._outcomes(call, work, download, outputs)))

    def _outcomes(
        self, call: _Call, work: Work, download: Download, outputs: Sequence[Compressed | ImageError]
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
                yield from self._after_failure(call, Work((task,)), output)
            elif retry_at:
                yield task.image.deferred(retry_at)
            else:
                image = replace(self._stored(call, task, bytes_in, output, once), digest=download.digest)
                if image.state is ImageState.DONE:
                    bytes_in, once = 0, Times()
                retry_at = image.not_before
                yield image

    def _stored(self, call: _Call, task: Task, bytes_in: int, output: Compressed, once: Times) -> Image:
        try:
            return self._store(call, task, bytes_in, output, once)
        except UnavailableError:
            return self._after_outage(call, Work((task,)))[0]
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
        done = task.image.done(link, *sizes, output.source, times, **flags)
        return replace(done, chosen=output.chosen)

    @property
    def seconds_per_image(self) -> float:
        """The longest that one image may take, in seconds."""
        return self.fetch_seconds + self.coding_seconds

    def _fetch(self, call: _Call, work: Work) -> Fetched:
        try:
            fetched = self.fetch(work.url, call.job.request_headers, call.recall.validators(work))
        except ImageError as error:
            if error.status in hosts.THROTTLED:
                call.backoff.throttled(work.host, error.retry_after)
            raise
        call.backoff.recovered(work.host)
        return fetched

    def _after_outage(self, call: _Call, work: Work) -> list[Image]:
        """Wait until the store may be up again. Until then, each attempt would waste a download."""
        call.store_is_down.set()
        retry_at = self.clock() + timedelta(seconds=self.outage_pause * retries.jitter(self.random))
        return [image.deferred(retry_at) for image in work.unchanged()]

    def _after_failure(self, call: _Call, work: Work, error: ImageError) -> list[Image]:
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


def _batches(
    images: dict[Place, Image], workers: Sequence[Future[None]], pause: float
) -> Iterator[dict[Place, Image]]:
    """Yield what the workers have put into `images`, and take it out, after each pause and at the end."""
    running = set(workers)
    while running:
        ended, running = wait(running, timeout=pause)
        for worker in ended:
            worker.result()  # re-raises the exception of the thread, if any
        if batch := {at: images.pop(at) for at in list(images)}:  # a copy: the workers go on
            yield batch


def _unchanged(work: Work, known: Sequence[KnownOutput], times: Times) -> dict[Place, Image]:
    """Return the images with these outputs. The first has the download, so that sums count it once."""
    return {
        task.at: task.image.unchanged_since(output, Times() if number else times)
        for number, (task, output) in enumerate(zip(work.tasks, known, strict=True))
    }
