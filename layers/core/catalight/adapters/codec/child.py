"""A codec process as the image function sees it."""

import json
import logging
import resource
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from math import ceil
from typing import Any

from catalight.adapters.codec import answers
from catalight.adapters.codec.answers import SandboxError
from catalight.adapters.codec.forking import ForkServer
from catalight.adapters.isolation.starting import report
from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.image.limits import Limits
from catalight.domain.image.rendition import Rendition

logger = logging.getLogger(__name__)

START_SECONDS = 60  # for the imports of the fork server, on a busy machine
MOMENT = 0.001  # second
WALL = 3  # wall-clock limit as a multiple of the CPU limit: a child may have to share the processor
LIFE = 10  # CPU time of a child in all its images, as a multiple of the limit of one


class LostError(Exception):
    """A child ended or failed, but maybe not because of its image; `verdict` is the error if it was."""

    def __init__(self, verdict: ImageError | SandboxError) -> None:
        super().__init__()
        self.verdict = verdict


class TimeLeft:
    """What an image may still take in all children that work on it: seconds, and seconds of CPU time."""

    def __init__(self, limits: Limits) -> None:
        self.wall = float(limits.cpu_seconds * WALL)
        self.cpu = float(limits.cpu_seconds)

    @property
    def is_over(self) -> bool:
        """Whether there is none."""
        return self.wall <= 0 or self.cpu <= 0


class Child:
    """A codec process, which compresses the images of one job, one at a time.

    `job` is None until it is taken for one. `spent` children are not used again.
    """

    def __init__(self, server: ForkServer, limits: Limits) -> None:
        self.job: str | None = None
        self.spent = False
        self._server, self._limits = server, limits
        self._pid = 0  # until it is ready
        self._code: int | None = None  # once it has ended
        self._cpu = 0.0  # seconds that it has used, when last read
        self._received = b""  # of lines that are not read yet
        self._last: tuple[Sequence[Rendition], bytes] = [], b""  # renditions, and the message of them
        self._life = LIFE * limits.cpu_seconds
        self._channel, theirs = socket.socketpair()
        with theirs:
            try:
                self._number = server.fork(theirs)
            except OSError:
                self._channel.close()
                raise

    @property
    def alive(self) -> bool:
        """Whether the process runs, and does not talk out of turn."""
        if self._received:
            return False
        poll = select.poll()
        poll.register(self._channel, select.POLLIN)
        found = [event for _, event in poll.poll(0)]  # POLLHUP, if it ended, also while a message waits
        return not found or (found == [select.POLLIN] and not self._pid)  # then it says that it is ready

    def compress(
        self, source: int, output: int, renditions: Sequence[Rendition], left: TimeLeft
    ) -> Iterator[dict[str, Any]]:
        """Compress one file into the other; yield the codec's answers. Raises ImageError if it gave up.

        An output is in the file when its answer is there. What is spent is taken from the time that is left.
        """
        self.spent, spent = True, self.spent  # unless this call succeeds, the child is replaced
        is_new = not self._pid
        if is_new:
            self._start()
        with self._timed(left) as deadline:
            try:
                self._allow_cpu(left)
                self._channel.settimeout(_until(deadline))
                socket.send_fds(self._channel, [self._message(renditions)], [source, output])
            except OSError as error:
                raise LostError(SandboxError("the codec process died between two images")) from error
            allowed = self._limits.cpu_seconds * WALL
            while "bloated" not in (answer := self._receive(deadline, allowed)):
                is_new = False
                yield answer
        self.spent = spent or answer["bloated"] is not False or self._cpu_is_used_up()
        if "out_of_memory" in answer:
            self.spent = True
            verdict = self._gave_up(f"took more than {self._limits.memory:,} bytes of memory")
            # The limit is the child's own, so only what it did before can have taken of it.
            raise verdict if is_new else LostError(verdict)
        yield answer

    def _message(self, renditions: Sequence[Rendition]) -> bytes:
        """Return the renditions in JSON: nearly always the same for all images of a job."""
        if self._last[0] != renditions:
            documents = [rendition.to_document() for rendition in renditions]
            self._last = renditions, json.dumps(documents).encode()
        return self._last[1]

    def close(self) -> None:
        """Kill the process, whatever it is doing."""
        self._channel.close()
        self._end()

    def _end(self) -> int:
        """Kill the process if it still runs; return its exit code."""
        if self._code is None:
            if self._pid:
                self._read_cpu()  # the last time that it can be read
            self._code = self._server.end(self._number)
        return self._code

    def _start(self) -> None:
        # Before its first image, so the answer can be trusted.
        ready = self._receive(time.monotonic() + START_SECONDS, START_SECONDS)
        report(ready["refused"])
        self._pid = ready["pid"]

    def _allow_cpu(self, left: TimeLeft) -> None:
        """Allow the CPU seconds that are left; then SIGXCPU kills the process. Only Linux can do this."""
        if sys.platform == "linux":
            _, hard = resource.prlimit(self._pid, resource.RLIMIT_CPU)
            life = self._life if hard == resource.RLIM_INFINITY else hard
            soft = min(int(self._cpu) + 1 + ceil(left.cpu), life)
            resource.prlimit(self._pid, resource.RLIMIT_CPU, (soft, life))

    @contextmanager
    def _timed(self, left: TimeLeft) -> Iterator[float]:
        """Return the time at which nothing is left; take what is spent from it."""
        cpu, deadline = self._cpu, time.monotonic() + left.wall
        try:
            yield deadline
        finally:
            left.wall = deadline - time.monotonic()
            self._read_cpu()
            left.cpu -= self._cpu - cpu

    def _cpu_is_used_up(self) -> bool:
        """Whether another image might exceed the CPU time of the child's life, which it cannot raise."""
        return self._cpu + self._limits.cpu_seconds + 1 > self._life

    def _read_cpu(self) -> None:
        """Read the CPU time that the process has used; it uses none between two images."""
        if sys.platform == "linux" and self._code is None:
            with suppress(OSError):  # the fork server has ended, and the process with it
                self._cpu = time.clock_gettime((~self._pid << 3) | 2)  # as clock_getcpuclockid(3) does

    def _receive(self, deadline: float, seconds: float) -> dict[str, Any]:
        """Return the next answer, until the deadline; if none comes, raise the error that explains why.

        `seconds` is what was allowed in all.
        """
        try:
            while b"\n" not in self._received and len(self._received) < answers.BYTES:
                self._channel.settimeout(_until(deadline))
                more = self._channel.recv(answers.BYTES)
                if not more:
                    raise self._died()
                self._received += more
        except TimeoutError:
            # Final, though the processor may have been busy: a function has no time for this twice.
            raise self._gave_up(f"took more than {seconds} s") from None
        except ConnectionResetError:  # the child died before it read the message
            raise self._died() from None
        line, _, self._received = self._received.partition(b"\n")
        return answers.parsed(line)

    def _died(self) -> Exception:
        code = self._end()
        if code >= 0 or not self._pid:  # in the latter case it has seen no image
            return LostError(SandboxError(f"a codec process ended with exit code {code}"))
        number = -code
        if number == signal.SIGXCPU:  # it counts the child's own time, whatever others do
            return self._gave_up(f"took more than {self._limits.cpu_seconds} s of CPU time")
        logger.warning("the codec process died at an image: %s", signal.strsignal(number))
        return LostError(self._gave_up("crashed the decoder twice"))

    def _gave_up(self, what: str) -> ImageError:
        return ImageError(ImageErrorCode.GAVE_UP, f"Compressing the image {what}.")


def _until(deadline: float) -> float:
    """Return the seconds until then; never 0, which would mean to look and not to wait."""
    return max(deadline - time.monotonic(), MOMENT)
