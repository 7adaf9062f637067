"""The fork server as the image function sees it: start it, have it fork and end children."""

import json
import signal
import socket
import struct
import subprocess
from contextlib import ExitStack
from dataclasses import asdict
from itertools import count
from threading import Lock

from catalight.adapters.isolation import cage
from catalight.adapters.isolation.starting import command, environment, report
from catalight.domain.image.limits import Limits

MODULE = "catalight.adapters.codec.fork_server"
REQUEST = struct.Struct("!cI")  # FORK, with a socket, or END, and the number of a child
EXIT_CODE = struct.Struct("!i")  # like that of subprocess: negative is a signal
FORK, END = b"f", b"e"
END_SECONDS = 10  # for the server to kill its children; it may be busy with its imports


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
                    command(MODULE, str(theirs.fileno()), json.dumps(asdict(limits))),
                    env=environment(),
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
