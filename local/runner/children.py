"""Child processes that end with the runner, and the ports that they listen on."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from ipaddress import ip_address
from pathlib import Path

from local.runner.errors import LocalError

HOST = "127.0.0.1"
PROJECT = Path(__file__).resolve().parents[2]
DIE_WITH_PARENT = Path(__file__).with_name("die_with_parent.py")
LAST_LINES = 15


class Child:
    """A long-running command with a log file; start it from a thread that lives at least as long.

    On Linux the kernel kills the process when that thread ends, for whatever reason. The process has its own
    session, so a Ctrl-C reaches only the runner, which then stops its children in order.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        *,
        cwd: Path = PROJECT,
    ) -> None:
        self.name = name
        self.log = log
        self._command = [sys.executable, "-I", "-S", str(DIE_WITH_PARENT), str(os.getpid()), *command]
        self._environment = environment
        self._cwd = cwd
        log.write_bytes(b"")  # discards the log of an earlier run
        self.start()

    @property
    def pid(self) -> int:
        """The id of the process that runs the command, or ran it last."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def start(self) -> None:
        """Run the command, the first time or again after a `stop`."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                cwd=self._cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._stopped = False

    def check(self) -> None:
        """Raise LocalError with the end of the log if the process has ended by itself."""
        if not (self.alive or self._stopped):
            code = self._process.returncode
            raise LocalError(f"{self.name} has ended (exit code {code}), see {self.log}:\n{tail(self.log)}")

    def wait_until(self, ready: Callable[[], bool], seconds: float = 60) -> None:
        """Wait for a condition; raise LocalError if the process ends, or after `seconds`."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise LocalError(f"{self.name} was not ready after {seconds:.0f} s, see {self.log}")
            time.sleep(0.02)

    def stop(self, grace: float = 0) -> None:
        """Kill the process; if `grace` is given, terminate it first and kill it after `grace` seconds."""
        self._stopped = True
        try:
            if grace:
                self._process.terminate()
                self._process.wait(grace)
        except subprocess.TimeoutExpired:
            print(f"{self.name} did not stop within {grace:.0f} s and is killed", file=sys.stderr)
        finally:
            kill(self._process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that leads its own session, with all processes that it started."""
    if process.poll() is None:
        with suppress(ProcessLookupError):  # another thread has killed it already
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches the address; raise LocalError if it is none."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError as error:
        raise LocalError(
            f"HOST must be an IP address of this machine, or 0.0.0.0 for all, not {host!r}."
        ) from error


def free_port() -> int:
    """Return a loopback port that nothing listens on at the moment."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Return different loopback ports that nothing listens on at the moment."""
    with ExitStack() as taken:
        servers = [taken.enter_context(socket.create_server((HOST, 0))) for _ in range(count)]
        return [server.getsockname()[1] for server in servers]


def require_free(port: int) -> None:
    """Raise LocalError if something already listens on the port."""
    try:
        socket.create_server((HOST, port)).close()  # sets SO_REUSEADDR, as uvicorn does
    except OSError as error:
        raise LocalError(
            f"Port {port} cannot be used ({error.strerror}): set PORT to another one."
        ) from error


def listening(port: int) -> bool:
    """Return whether something accepts connections on the loopback port."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def tail(log: Path) -> str:
    """Return the last lines of a log."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:])
