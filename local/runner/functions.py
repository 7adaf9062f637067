"""Invokes functions in worker processes, which stay warm between invocations as on Lambda."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from local.runner import aws
from local.runner.children import PROJECT, kill
from local.runner.stack import Function

WORKER = "local.runner.worker"
START_SECONDS = 60  # for the imports; Lambda allows 10, but a busy machine may need more


class InvocationError(Exception):
    """An invocation failed: the handler raised, died or ran out of time."""


def environment(function: Function, endpoint_url: str) -> dict[str, str]:
    """Return a function's environment variables: those of the template and those that Lambda sets."""
    return {
        **function.environment,
        **aws.environment(endpoint_url),
        "AWS_ACCESS_KEY_ID": function.logical_id,  # one each, as on Lambda; identifies its calls
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "_HANDLER": function.handler,
    }


class Worker:
    """A process of a function; it handles one invocation at a time."""

    def __init__(self, variables: Mapping[str, str], log: Path) -> None:
        self._socket, child_end = socket.socketpair()
        with child_end, log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-u", "-m", WORKER, variables["_HANDLER"]],
                env=variables,
                cwd=PROJECT,
                stdin=child_end.fileno(),
                stdout=child_end.fileno(),
                stderr=errors,
                start_new_session=True,
            )
        self._received = b""
        self._started = False

    @property
    def alive(self) -> bool:
        """Whether the process runs, so that it can handle another event."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def invoke(self, function: Function, event: Any) -> Any:
        """Pass an event to the handler and return its result; raise InvocationError if it fails."""
        if not self._started:
            self._receive(START_SECONDS)  # the imports do not count against the function's timeout
            self._started = True
        context = {
            "aws_request_id": str(uuid4()),
            "invoked_function_arn": function.arn,
            "deadline": time.time() + function.timeout,
        }
        trace = f"Root=1-{int(time.time()):08x}-{uuid4().hex[:24]};Sampled=0"
        request = json.dumps({"event": event, "context": context, "trace": trace})
        self._socket.settimeout(function.timeout)
        try:
            self._socket.sendall(request.encode("ascii") + b"\n")
        except OSError as error:
            raise self._died() from error
        reply = self._receive(function.timeout)
        if "error" in reply:
            raise InvocationError(reply["error"])
        return reply["result"]

    def kill(self) -> None:
        """Kill the process, and with it any running invocation."""
        kill(self._process)

    def close(self) -> None:
        """Kill the process and close the socket; must not be called during an invocation."""
        self.kill()
        self._socket.close()

    def _receive(self, seconds: float) -> dict[str, Any]:
        """Return the next line from the process; kill the process if none comes within `seconds`."""
        deadline = time.monotonic() + seconds
        while b"\n" not in self._received:
            self._socket.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                data = self._socket.recv(1 << 16)
            except TimeoutError as error:
                self.kill()
                raise InvocationError(f"it did not finish within {seconds:.0f} s and was killed") from error
            except ConnectionResetError:
                data = b""
            if not data:
                raise self._died()
            self._received += data
        line, _, self._received = self._received.partition(b"\n")
        reply: dict[str, Any] = json.loads(line)
        return reply

    def _died(self) -> InvocationError:
        self.kill()
        return InvocationError(f"its process died (exit code {self._process.returncode})")


class LocalFunction:
    """A function that any thread can invoke; all functions share the slots for invocations."""

    def __init__(
        self, function: Function, endpoint_url: str, folder: Path, slots: threading.Semaphore
    ) -> None:
        self.log = folder / f"{function.logical_id}.log"
        self.log.write_bytes(b"")  # discards the log of an earlier run
        self._function = function
        self._environment = environment(function, endpoint_url)
        self._slots = slots
        self._lock = threading.Lock()
        self._closed = False
        self._workers: set[Worker] = set()
        self._idle: list[Worker] = []

    def invoke(self, event: Any) -> Any:
        """Wait for a slot, run the handler and return its result; raise InvocationError if it fails."""
        with self._slots:
            worker = self._take()
            try:
                return worker.invoke(self._function, event)
            finally:
                self._give_back(worker)

    def workers(self) -> list[int]:
        """Return the process ids of the workers that run."""
        with self._lock:
            return [worker.pid for worker in self._workers if worker.alive]

    def close(self) -> None:
        """Kill all workers; running invocations fail."""
        with self._lock:
            self._closed = True
            for worker in self._workers:
                worker.kill()
            for worker in self._idle:
                worker.close()

    def _take(self) -> Worker:
        with self._lock:
            if self._closed:
                raise InvocationError("the local system is stopping")
            if self._idle:
                return self._idle.pop()
            worker = Worker(self._environment, self.log)
            self._workers.add(worker)
            return worker

    def _give_back(self, worker: Worker) -> None:
        with self._lock:
            if worker.alive and not self._closed:
                self._idle.append(worker)
            else:
                worker.close()
                self._workers.remove(worker)
