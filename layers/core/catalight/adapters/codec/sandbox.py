"""Run the codec in child processes with hard limits, so that a bad image harms nothing but itself."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Lock

from catalight.adapters.codec import answers
from catalight.adapters.codec.answers import SandboxError
from catalight.adapters.codec.child import Child, LostError, TimeLeft
from catalight.adapters.codec.forking import ForkServer
from catalight.adapters.codec.shared_lock import SharedLock
from catalight.adapters.codec.work import Work
from catalight.adapters.isolation.memory_file import memory_file
from catalight.domain.errors import ImageError
from catalight.domain.image.compressed import Compressed
from catalight.domain.image.limits import Limits
from catalight.domain.image.rendition import Rendition


class Sandbox:
    """Compresses images in child processes, one for each concurrent call, each within `limits`.

    A child serves one job. It is kept for the job's next image, unless it died or used up what it may take.
    If it may have died for another reason than its image (the system kills what takes memory), the image is
    tried once more, in a new child, while no other works.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._idle: deque[Child] = deque()
        self._lock = SharedLock()
        self._server: ForkServer | None = None
        self._server_lock = Lock()

    def start(self) -> None:
        """Start a child before its first image arrives, without waiting for it."""
        self._idle.append(self._fork())

    def expect(self, job: str) -> None:
        """Have an idle child of this job; end those of other jobs.

        If there is none, one is started, without waiting for it. If that fails, `compress` tries once more.
        """
        with suppress(LostError):
            self._idle.append(self._take(job))

    def compress(
        self, data: bytes, renditions: Sequence[Rendition], job: str
    ) -> list[Compressed | ImageError]:
        """Run the codec's `compress_all` in a process that has seen no images but those of this job.

        A rendition that exceeds a limit or crashes twice is `gave_up`; those before it are kept, and those
        after it go on in a new child while the time of the image lasts. Raises ImageError if the source
        cannot be used.
        """
        work, left, again = Work(renditions), TimeLeft(self._limits), TimeLeft(self._limits)
        while work.due:
            with suppress(LostError):
                with self._lock.shared():
                    self._work(work, data, job, left)
                continue
            with self._lock.alone():
                self._end_idle()  # they hold memory too
                try:
                    self._work(work, data, job, again)
                except LostError as lost:
                    work.fail(lost.verdict)
        return work.outcomes()

    def close(self) -> None:
        """End all processes."""
        self._end_idle()
        with self._server_lock:
            if self._server:
                self._server.close()
            self._server = None

    def _work(self, work: Work, data: bytes, job: str, left: TimeLeft) -> None:
        """Have a child make what is due. Raises LostError if it ended, and maybe not because of its image."""
        try:
            with self._child(job) as child, memory_file() as source, memory_file() as output:
                source.write(data)
                source.seek(0)
                try:
                    for answer in child.compress(source.fileno(), output.fileno(), work.begin(), left):
                        work.take(answer, output.fileno())
                    if work.due:
                        raise answers.malformed()
                except SandboxError:
                    child.spent = True  # nobody knows what happened to it
                    raise
        except (ImageError, SandboxError) as error:
            if left.is_over:
                work.fail_all(error)
            else:
                work.fail(error)

    def _end_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _child(self, job: str) -> Iterator[Child]:
        child = self._take(job)
        try:
            yield child
        finally:
            if child.spent:
                child.close()
            else:
                self._idle.append(child)

    def _take(self, job: str) -> Child:
        with suppress(IndexError):  # no child is idle
            while child := self._idle.pop():
                if child.job in (None, job) and child.alive:
                    child.job = job
                    return child
                child.close()
        try:
            child = self._fork()
        except OSError as error:  # no memory is left
            raise LostError(SandboxError("no codec process can be started")) from error
        child.job = job
        return child

    def _fork(self) -> Child:
        with self._server_lock:
            if self._server:
                with suppress(OSError):  # it has ended, as the system may kill it for the memory of others
                    return Child(self._server, self._limits)
                self._server.close()
                self._server = None
            self._server = ForkServer(self._limits)
            return Child(self._server, self._limits)
