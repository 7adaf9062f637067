"""Run the codec in child processes with hard limits, so that a bad image harms nothing but itself."""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from typing import Any

from catalight.adapters.codec.memory_file import memory_file
from catalight.adapters.codec.shared_lock import SharedLock
from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.image.compressed import Compressed
from catalight.domain.image.limits import Limits
from catalight.domain.image.options import ImageFormat, Options
from catalight.domain.image.report import Source, Times

logger = logging.getLogger(__name__)

START_SECONDS = 60  # for the imports of a child, on a busy machine
WALL = 3  # wall-clock limit as a multiple of the CPU limit: a child may have to share the processor
ANSWER_BYTES = 16_384
# Variables that a child gets, by name or by beginning: no credentials, no secrets.
KEPT_VARIABLES = frozenset({"LD_LIBRARY_PATH", "LANG"})
TUNING = ("MALLOC_", "PILLOW_")


class SandboxError(Exception):
    """The codec itself failed, and not because of the image.

    `trace_elsewhere` is the traceback of the child process, for the log.
    """

    def __init__(self, text: str, trace: str = "") -> None:
        super().__init__(text)
        self.remote_trace = trace


class _LostError(Exception):
    """A child ended or failed, but maybe not because of its image; `verdict` is the error if it was."""

    def __init__(self, verdict: ImageError | SandboxError) -> None:
        super().__init__()
        self.verdict = verdict


class Sandbox:
    """Compresses images in child processes, one for each concurrent call, each within `limits`.

    A child is kept for the next image, unless it died or holds too much memory. If it may have died for
    another reason than its image (the system kills what takes memory), the image is tried once more, in a new
    child, while no other works.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._idle: deque[_Child] = deque()
        self._lock = SharedLock()

    def start(self) -> None:
        """Start a child before its first image arrives, without waiting for it."""
        self._idle.append(_Child(self._limits))

    def compress(self, data: bytes, options: Options) -> Compressed:
        """Run the codec's `compress`; raise ImageError `gave_up` if it exceeds a limit or crashes twice."""
        with suppress(_LostError), self._lock.shared():
            return self._compress(data, options)
        with self._lock.alone():
            self.close()  # idle children hold memory too
            try:
                return self._compress(data, options)
            except _LostError as lost:
                raise lost.verdict from lost

    def _compress(self, data: bytes, options: Options) -> Compressed:
        with self._child() as child, memory_file() as source, memory_file() as output:
            source.write(data)
            source.seek(0)
            result = child.compress(source.fileno(), output.fileno(), options)
            output.seek(0)
            return _compressed(output.read(), result)

    def close(self) -> None:
        """Kill the idle children."""
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _child(self) -> Iterator["_Child"]:
        child = self._take()
        try:
            yield child
        finally:
            if child.bloated:
                child.close()
            else:
                self._idle.append(child)

    def _take(self) -> "_Child":
        with suppress(IndexError):  # no child is idle
            while child := self._idle.pop():
                if child.alive:
                    return child
                child.close()
        try:
            return _Child(self._limits)
        except OSError as error:  # no memory is left
            raise _LostError(SandboxError("no codec process can be started")) from error


class _Child:
    """A codec process, which compresses one image at a time."""

    def __init__(self, limits: Limits) -> None:
        self.bloated = False
        self._limits = limits
        self._ready = False
        with ExitStack() as unless_started:
            self._channel, child_end = socket.socketpair()
            unless_started.callback(self._channel.close)
            with child_end:
                self._process = subprocess.Popen(
                    [
                        *(sys.executable, "-P", "-S", "-m", "catalight.adapters.codec.worker"),
                        *(str(child_end.fileno()), json.dumps(asdict(limits))),
                    ],
                    env=_environment(),
                    stdin=subprocess.PIPE,  # when it closes, the child knows that this process has ended
                    stdout=subprocess.DEVNULL,
                    pass_fds=[child_end.fileno()],
                )
            unless_started.pop_all()

    @property
    def alive(self) -> bool:
        """Whether the process is running."""
        return self._process.poll() is None

    def compress(self, source: int, output: int, options: Options) -> dict[str, Any]:
        """Compress one file into the other; return the codec's description of the output."""
        self.bloated, bloated = True, self.bloated  # unless this call succeeds, the child is replaced
        is_new = not self._ready
        if is_new:
            self._receive(START_SECONDS)
            self._ready = True
        try:
            socket.send_fds(self._channel, [json.dumps(options.to_document()).encode()], [source, output])
        except OSError as error:
            raise _LostError(SandboxError("the codec process died between two images")) from error
        answer = self._receive(self._limits.cpu_seconds * WALL)
        self.bloated = bloated or answer["bloated"]
        if "out_of_memory" in answer:
            verdict = self._gave_up(f"took more than {self._limits.memory:,} bytes of memory")
            # The limit is the child's own, so only images before this one can have taken of it.
            raise verdict if is_new else _LostError(verdict)
        return _checked(answer)

    def close(self) -> None:
        """Kill the process, whatever it is doing."""
        self._process.kill()
        self._process.communicate()
        self._channel.close()

    def _receive(self, seconds: float) -> dict[str, Any]:
        """Return the next answer; if none comes, raise the error that explains why."""
        self._channel.settimeout(seconds)
        try:
            line = self._channel.recv(ANSWER_BYTES)
        except TimeoutError:
            # Final, though the processor may have been busy: a function has no time for this twice.
            raise self._gave_up(f"took more than {seconds} s") from None
        except ConnectionResetError:  # the child died before it read the message
            line = b""
        if not line.endswith(b"\n"):
            raise self._died()
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _died(self) -> Exception:
        code = self._process.wait(START_SECONDS)
        if code >= 0:
            return _LostError(SandboxError(f"the codec process ended with exit code {code}"))
        number = -code
        if number == signal.SIGXCPU:  # it counts the child's own time, whatever others do
            return self._gave_up(f"took more than {self._limits.cpu_seconds} s of CPU time")
        logger.warning("the codec process died at an image: %s", signal.strsignal(number))
        return _LostError(self._gave_up("crashed the decoder twice"))

    def _gave_up(self, what: str) -> ImageError:
        return ImageError(ImageErrorCode.GAVE_UP, f"Compressing the image {what}.")


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    if "code" in answer:
        raise ImageError(ImageErrorCode(answer["code"]), answer["detail"])
    if "fault" in answer:
        raise SandboxError("the codec failed", answer["fault"])
    return answer


def _compressed(data: bytes, result: dict[str, Any]) -> Compressed:
    """Combine the output with the codec's description of it."""
    width, height = result["target"]
    source, times = Source(**result["source"]), Times(**result["times"])
    return Compressed(data, ImageFormat(result["format"]), width, height, source, times, result["kept"])


def _environment() -> dict[str, str]:
    """Return the environment variables that the child needs, and nothing else."""
    kept = {k: v for k, v in os.environ.items() if k in KEPT_VARIABLES or k.startswith(TUNING)}
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
