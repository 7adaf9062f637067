"""Child processes that end with the runner, and the ports they listen on."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from local.runner.errors import LocalError

HOST = "127.0.0.1"
PROJECT = Path(__file__).resolve().parents[2]
TETHER = Path(__file__).with_name("tether.py")
LAST_LINES = 15


class Child:
    """A long-running command with a log file; start it from a thread that lives as long as it shall.

    On Linux the kernel kills it when that thread ends, whatever ends it. It has a session of its own, so that
    a Ctrl-C reaches the runner alone, which then stops its children in order.
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
        self._command = [sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), *command]
        self._environment = environment
        self._cwd = cwd
        log.write_bytes(b"")  # without what an earlier run left in the folder
        self.start()

    @property
    def pid(self) -> int:
        """The process that runs it now, or did last."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def start(self) -> None:
        """Runs the command, at first and again after a `stop`."""
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
        """Raises a LocalError with the end of the log when the process has ended by itself."""
        if not (self.alive or self._stopped):
            code = self._process.returncode
            raise LocalError(f"{self.name} has ended (exit code {code}), see {self.log}:\n{tail(self.log)}")

    def wait_until(self, ready: Callable[[], bool], seconds: float = 60) -> None:
        """Waits for a condition while the process lives."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise LocalError(f"{self.name} was not ready after {seconds:.0f} s, see {self.log}")
            time.sleep(0.02)

    def stop(self, patience: float = 0) -> None:
        """Ends the process: at once, or after this many seconds in which it may end by itself."""
        self._stopped = True
        try:
            if patience:
                self._process.terminate()
                self._process.wait(patience)
        except subprocess.TimeoutExpired:
            print(f"{self.name} did not stop within {patience:.0f} s and is killed", file=sys.stderr)
        finally:
            kill(self._process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kills a process that leads its own session, with everything it started."""
    if process.poll() is None:
        with suppress(ProcessLookupError):  # another thread was quicker
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def free_port() -> int:
    """A loopback port that nothing listens on at the moment."""
    with socket.create_server((HOST, 0)) as server:
        port: int = server.getsockname()[1]
        return port


def demand_free(port: int) -> None:
    """Raises a LocalError when something already listens on the port."""
    try:
        socket.create_server((HOST, port)).close()  # sets SO_REUSEADDR, as uvicorn does
    except OSError as error:
        raise LocalError(
            f"Port {port} cannot be used ({error.strerror}): set PORT to another one."
        ) from error


def listening(port: int) -> bool:
    """Whether something accepts connections on the loopback port."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def tail(log: Path) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:])
