"""Runs the codec in a process of its own, with hard bounds: no picture can harm more than itself."""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Any

from catalight.adapters.codec.memory_file import memory_file
from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.image.compressed import Compressed
from catalight.domain.image.limits import Limits
from catalight.domain.image.options import ImageFormat, Options
from catalight.domain.image.report import Source, Times

logger = logging.getLogger(__name__)

START_SECONDS = 60  # for its imports, on a machine that is busy
WALL = 3  # a child may take so many times its CPU seconds: it may have to share the processor
ANSWER_BYTES = 16_384
KEPT_VARIABLES = frozenset({"LD_LIBRARY_PATH", "LANG"})  # and the tuning: no credentials, no secrets
TUNING = ("MALLOC_", "PILLOW_")


class SandboxError(Exception):
    """The codec itself has failed, not a picture; `trace_elsewhere` tells where, for the log."""

    def __init__(self, text: str, trace: str = "") -> None:
        super().__init__(text)
        self.trace_elsewhere = trace


class Sandbox:
    """Compresses pictures in child processes, as many as there are calls at once, each within `limits`.

    A child is kept for the next picture, unless it died or keeps too much memory.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._idle: deque[_Child] = deque()

    def start(self) -> None:
        """Start a child ahead of its first picture, without waiting for it."""
        self._idle.append(_Child(self._limits))

    def compress(self, data: bytes, options: Options) -> Compressed:
        """The codec's `compress`; `gave_up` where a picture took more than the limits allow, or killed it."""
        with self._child() as child, memory_file() as source, memory_file() as output:
            source.write(data)
            source.seek(0)
            made = child.compress(source.fileno(), output.fileno(), options)
            output.seek(0)
            return _compressed(output.read(), made)

    def close(self) -> None:
        """End the children that are idle."""
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
        with suppress(IndexError):  # none is idle
            while child := self._idle.pop():
                if child.alive:
                    return child
                child.close()
        return _Child(self._limits)


class _Child:
    """One process of the codec, for one picture at a time."""

    def __init__(self, limits: Limits) -> None:
        self.bloated = False
        self._limits = limits
        self._ready = False
        self._channel, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-P", "-S", "-m", "catalight.adapters.codec.worker"),
                    *(str(theirs.fileno()), json.dumps(asdict(limits))),
                ],
                env=_environment(),
                stdin=subprocess.PIPE,  # its end tells the child of ours
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    @property
    def alive(self) -> bool:
        """Whether it can take a picture."""
        return self._process.poll() is None

    def compress(self, source: int, output: int, options: Options) -> dict[str, Any]:
        """Have one file compressed into the other; what has come out, as the codec tells it."""
        self.bloated, bloated = True, self.bloated  # whatever goes wrong from here on
        if not self._ready:
            self._receive(START_SECONDS)
            self._ready = True
        try:
            socket.send_fds(self._channel, [json.dumps(options.to_document()).encode()], [source, output])
        except OSError as error:
            raise SandboxError("the codec died between two pictures") from error
        answer = self._receive(self._limits.cpu_seconds * WALL)
        self.bloated = bloated or answer["bloated"]
        return self._made(answer)

    def close(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.communicate()
        self._channel.close()

    def _made(self, answer: dict[str, Any]) -> dict[str, Any]:
        if "code" in answer:
            raise ImageError(ImageErrorCode(answer["code"]), answer["detail"])
        if "out_of_memory" in answer:
            raise self._gave_up(f"takes more than {self._limits.memory:,} bytes of memory")
        if "fault" in answer:
            raise SandboxError("the codec has failed", answer["fault"])
        return answer

    def _receive(self, seconds: float) -> dict[str, Any]:
        """The next answer, or what its lack means."""
        self._channel.settimeout(seconds)
        try:
            line = self._channel.recv(ANSWER_BYTES)
        except TimeoutError:
            raise self._gave_up(f"takes more than {seconds} s") from None
        except ConnectionResetError:  # it died with our message unread
            line = b""
        if not line.endswith(b"\n"):
            raise self._died()
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _died(self) -> Exception:
        code = self._process.wait(START_SECONDS)
        if code >= 0:
            return SandboxError(f"the codec ended with exit code {code}")
        number = -code
        if number == signal.SIGXCPU:
            return self._gave_up(f"takes more than {self._limits.cpu_seconds} s of CPU")
        logger.warning("a picture has crashed the codec: %s", signal.strsignal(number))
        return self._gave_up("crashes the decoder")

    def _gave_up(self, what: str) -> ImageError:
        return ImageError(ImageErrorCode.GAVE_UP, f"Compressing the picture {what}.")


def _compressed(data: bytes, made: dict[str, Any]) -> Compressed:
    """The output, with what the codec says of it."""
    width, height = made["target"]
    source, times = Source(**made["source"]), Times(**made["times"])
    return Compressed(data, ImageFormat(made["format"]), width, height, source, times, made["kept"])


def _environment() -> dict[str, str]:
    """What the child needs to run like this process, and nothing else."""
    kept = {k: v for k, v in os.environ.items() if k in KEPT_VARIABLES or k.startswith(TUNING)}
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
