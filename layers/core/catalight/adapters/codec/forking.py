"""The fork server as the image function sees it: start it, have it fork and end children."""

import json
import logging
import os
import signal
import socket
import struct
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import asdict
from itertools import count
from threading import Lock

from catalight.adapters.codec import cage
from catalight.domain.image.limits import Limits

logger = logging.getLogger(__name__)

MODULE = "catalight.adapters.codec.fork_server"
REQUEST = struct.Struct("!cI")  # FORK, with a socket, or END, and the number of a child
EXIT_CODE = struct.Struct("!i")  # like that of subprocess: negative is a signal
FORK, END = b"f", b"e"
END_SECONDS = 10  # for the server to kill its children; it may be busy with its imports
# Variables that the server gets, by name or by beginning: no credentials, no secrets.
KEPT_VARIABLES = frozenset({"LD_LIBRARY_PATH", "LANG"})
TUNING = ("MALLOC_", "PILLOW_")
_reported: set[str] = set()


class ForkServer:
    """A process that has imported the codec and sees no image; see fork_server.py."""

    def __init__(self, limits: Limits) -> None:
        report(cage.refused(cage.hide_memory))
        self._numbers, self._lock = count(1), Lock()
        with ExitStack() as unless_started:
            self._control, theirs = socket.socketpair()
            unless_started.callback(self._control.close)
            with theirs:
                self._process = subprocess.Popen(
                    [
                        *(sys.executable, "-P", "-S", "-m", MODULE),
                        *(str(theirs.fileno()), json.dumps(asdict(limits))),
                    ],
                    env=_environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                )
            unless_started.pop_all()

    def fork(self, channel: socket.socket) -> int:
        """Have a child forked that serves the channel, without waiting for it; return its number.

        Raises OSError if the server has ended.
        """
        number = next(self._numbers)
        with self._lock:
            socket.send_fds(self._control, [REQUEST.pack(FORK, number)], [channel.fileno()])
        return number

    def end(self, number: int) -> int:
        """Kill a child if it still runs; return its exit code once its memory is free."""
        try:
            with self._lock:
                self._control.sendall(REQUEST.pack(END, number))
                return int(EXIT_CODE.unpack(self._control.recv(EXIT_CODE.size))[0])
        except (OSError, struct.error):  # the server has ended, so the kernel has killed the child
            return -signal.SIGKILL

    def close(self) -> None:
        """End the process, and with it its children."""
        self._control.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def report(refused: list[str]) -> None:
    """Log each step of the cage that the kernel refused, once."""
    for step in refused:
        if step not in _reported:
            _reported.add(step)
            logger.warning("the kernel refuses a step of the sandbox, which goes on without it: %s", step)


def _environment() -> dict[str, str]:
    """Return the environment variables that the server needs, and nothing else."""
    kept = {k: v for k, v in os.environ.items() if k in KEPT_VARIABLES or k.startswith(TUNING)}
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
