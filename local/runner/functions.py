"""Invokes functions in worker processes, kept warm between invocations as Lambda keeps its own."""

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

START_SECONDS = 60  # Lambda allows 10 for the imports; a busy machine may need more


class InvocationError(Exception):
    """An invocation failed: the handler raised, died or ran out of time."""


def environment(function: Function, endpoint_url: str) -> dict[str, str]:
    """The environment variables that the template gives a function, and those that Lambda does."""
    return {
        **function.environment,
        **aws.environment(endpoint_url),
        "AWS_ACCESS_KEY_ID": function.logical_id,  # as on Lambda, each has its own, so its calls can be told
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "_HANDLER": function.handler,
    }


class Worker:
    """One process of a function, for one invocation at a time."""

    def __init__(self, variables: Mapping[str, str], log: Path) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs, log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-u", "-m", "local.runner.worker"],
                env=variables,
                cwd=PROJECT,
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=errors,
                start_new_session=True,
            )
        self._received = b""
        self._started = False

    @property
    def alive(self) -> bool:
        """Whether it can take another event."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def invoke(self, function: Function, event: Any) -> Any:
        """Gives an event to the handler and returns what that returns, or raises an InvocationError."""
        if not self._started:
            self._receive(START_SECONDS)  # the imports are not on the function's time
            self._started = True
        context = {
            "aws_request_id": str(uuid4()),
            "invoked_function_arn": function.arn,
            "deadline": time.time() + function.timeout,
        }
        request = json.dumps({"event": event, "context": context})
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
        """Ends the process and any invocation that it is in."""
        kill(self._process)

    def close(self) -> None:
        """Ends the process for good; not to be called during an invocation."""
        self.kill()
        self._socket.close()

    def _receive(self, seconds: float) -> dict[str, Any]:
        """The next line from the process, which is killed when it takes too long."""
        deadline = time.monotonic() + seconds
        while b"\n" not in self._received:
            self._socket.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                data = self._socket.recv(1 << 16)
            except TimeoutError as error:
                self.kill()
                raise InvocationError(f"it was not done after {seconds:.0f} s and is killed") from error
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
    """A function that can be invoked from any thread; all functions share the slots for their invocations."""

    def __init__(
        self, function: Function, endpoint_url: str, folder: Path, slots: threading.Semaphore
    ) -> None:
        self.log = folder / f"{function.logical_id}.log"
        self.log.write_bytes(b"")  # without what an earlier run left in the folder
        self._function = function
        self._environment = environment(function, endpoint_url)
        self._slots = slots
        self._lock = threading.Lock()
        self._closed = False
        self._workers: set[Worker] = set()
        self._idle: list[Worker] = []

    def invoke(self, event: Any) -> Any:
        """Runs the handler once a slot is free, and returns its result or raises an InvocationError."""
        with self._slots:
            worker = self._take()
            try:
                return worker.invoke(self._function, event)
            finally:
                self._give_back(worker)

    def workers(self) -> list[int]:
        """The processes of its workers that live."""
        with self._lock:
            return [worker.pid for worker in self._workers if worker.alive]

    def close(self) -> None:
        """Ends every worker; invocations that run fail."""
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
