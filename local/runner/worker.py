"""The child process that runs one Lambda function: `python -m local.runner.worker`, handler in _HANDLER.

Its argument, the handler too, is for those who look at the list of processes.

It reads JSON requests from standard input, one per line, and writes one line to standard output for each.
The handler has access to neither: its output goes to standard error. This module imports only the standard
library, so that a handler finds the process as on Lambda.
"""

import importlib
import json
import os
import queue
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

Handler = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Context:
    """The invocation context that Lambda passes to a handler."""

    function_name: str
    memory_limit_in_mb: str
    invoked_function_arn: str
    aws_request_id: str
    deadline: float
    function_version: str = "$LATEST"
    log_group_name: str = "local"
    log_stream_name: str = "local"
    identity: None = None
    client_context: None = None

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until this process is killed."""
        return max(0, int((self.deadline - time.time()) * 1000))


def main() -> None:
    """Handle requests until the parent closes the pipe."""
    requests, replies = _take_pipes()
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests, inbox), daemon=True).start()
    handler = _load(os.environ["_HANDLER"])
    _reply(replies, "{}")  # ready
    while True:
        _reply(replies, _answer(handler, inbox.get()))


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Return the pipes to the parent, after replacing standard input and output for the handler."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, replies


def _listen(requests: BinaryIO, inbox: queue.SimpleQueue[Any]) -> None:
    for line in requests:
        inbox.put(json.loads(line))
    os._exit(0)  # the parent has gone, so nothing can receive the result of a handler that still runs


def _load(name: str) -> Handler:
    module, _, function = name.rpartition(".")
    handler: Handler = getattr(importlib.import_module(module), function)
    return handler


def _answer(handler: Handler, request: dict[str, Any]) -> str:
    os.environ["_X_AMZN_TRACE_ID"] = request["trace"]  # as on Lambda, where it changes with each invocation
    context = Context(
        function_name=os.environ["AWS_LAMBDA_FUNCTION_NAME"],
        memory_limit_in_mb=os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
        **request["context"],
    )
    try:
        return json.dumps({"result": handler(request["event"], context)})
    except Exception as error:  # noqa: BLE001 - any exception of the handler is reported
        traceback.print_exc()
        return json.dumps({"error": f"{type(error).__name__}: {error}"})


def _reply(replies: BinaryIO, line: str) -> None:
    replies.write(line.encode("ascii") + b"\n")


if __name__ == "__main__":
    main()
