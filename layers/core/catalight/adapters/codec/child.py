"""A codec process as the image function sees it."""

import json
import logging
import resource
import select
import signal
import socket
import sys
import time
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
WALL = 3  # wall-clock limit as a multiple of the CPU limit: a child may have to share the processor
LIFE = 10  # CPU time of a child in all its images, as a multiple of the limit of one


class LostError(Exception):
    """A child ended or failed, but maybe not because of its image; `verdict` is the error if it was."""

    def __init__(self, verdict: ImageError | SandboxError) -> None:
        super().__init__()
        self.verdict = verdict


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
        poll = select.poll()
        poll.register(self._channel, select.POLLIN)
        found = [event for _, event in poll.poll(0)]  # POLLHUP, if it ended, also while a message waits
        return not found or (found == [select.POLLIN] and not self._pid)  # then it says that it is ready

    def compress(self, source: int, output: int, options: Rendition) -> dict[str, Any]:
        """Compress one file into the other; return the codec's answer. Raises ImageError if it gave up."""
        self.spent, spent = True, self.spent  # unless this call succeeds, the child is replaced
        is_new = not self._pid
        if is_new:
            self._start()
        try:
            self._allow_cpu()
            self._channel.settimeout(self._limits.cpu_seconds * WALL)
            socket.send_fds(self._channel, [json.dumps(options.to_document()).encode()], [source, output])
        except OSError as error:
            raise LostError(SandboxError("the codec process died between two images")) from error
        answer = self._receive(self._limits.cpu_seconds * WALL)
        self.spent = spent or answer.get("bloated") is not False or self._cpu_is_used_up()
        if "out_of_memory" in answer:
            verdict = self._gave_up(f"took more than {self._limits.memory:,} bytes of memory")
            # The limit is the child's own, so only images before this one can have taken of it.
            raise verdict if is_new else LostError(verdict)
        return answer

    def close(self) -> None:
        """Kill the process, whatever it is doing."""
        self._channel.close()
        self._end()

    def _end(self) -> int:
        """Kill the process if it still runs; return its exit code."""
        if self._code is None:
            self._code = self._server.end(self._number)
        return self._code

    def _start(self) -> None:
        ready = self._receive(START_SECONDS)  # before its first image, so the answer can be trusted
        report(ready["refused"])
        self._pid = ready["pid"]

    def _allow_cpu(self) -> None:
        """Allow the CPU seconds of one image more; then SIGXCPU kills the process. Only Linux can do this."""
        if sys.platform == "linux":
            _, hard = resource.prlimit(self._pid, resource.RLIMIT_CPU)
            life = self._life if hard == resource.RLIM_INFINITY else hard
            soft = min(int(self._cpu_seconds()) + 1 + self._limits.cpu_seconds, life)
            resource.prlimit(self._pid, resource.RLIMIT_CPU, (soft, life))

    def _cpu_is_used_up(self) -> bool:
        """Whether another image might exceed the CPU time of the child's life, which it cannot raise."""
        return self._cpu_seconds() + self._limits.cpu_seconds + 1 > self._life

    def _cpu_seconds(self) -> float:
        """Return the CPU time that the process has used."""
        if sys.platform != "linux":
            return 0
        return time.clock_gettime((~self._pid << 3) | 2)  # as clock_getcpuclockid(3) does

    def _receive(self, seconds: float) -> dict[str, Any]:
        """Return the next answer; if none comes, raise the error that explains why."""
        self._channel.settimeout(seconds)
        try:
            line = self._channel.recv(answers.BYTES)
        except TimeoutError:
            # Final, though the processor may have been busy: a function has no time for this twice.
            raise self._gave_up(f"took more than {seconds} s") from None
        except ConnectionResetError:  # the child died before it read the message
            line = b""
        if not line:
            raise self._died()
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
