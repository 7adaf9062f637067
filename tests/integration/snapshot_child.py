"""The API as Lambda starts it from a snapshot: `python -m tests.integration.snapshot_child`.

It prepares for the snapshot, then forks two processes, as two environments start from one. Each runs the
hooks, answers a request that needs MongoDB, and reports what it draws. Prints what happened as JSON.
"""

import asyncio
import json
import os
import random
import socket
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

TOUCHING = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")
CONTEXT: Any = SimpleNamespace(
    function_name="api",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:api:1",
    aws_request_id="invocation",
)
touched = list[str]()


def connections() -> int:
    """Count the open sockets of networks; an event loop has a local pair of its own."""
    found = 0
    for entry in Path("/proc/self/fd").iterdir():
        if entry.is_socket():
            with socket.socket(fileno=os.dup(int(entry.name))) as opened:
                found += opened.family in (socket.AF_INET, socket.AF_INET6)
    return found


def environment(state: Any) -> dict[str, Any]:
    """Start from the snapshot, of which the generator's state is part; a fork alone would seed it again."""
    from functions.api import handler, services, snapshot

    random.setstate(state)
    touched.clear()
    asyncio.set_event_loop(asyncio.new_event_loop())  # a fork shares that of the parent
    lambda_runtime_hooks_runner.run_after_restore()
    before = len(touched)
    request = snapshot.WELCOME | {"rawPath": "/healthz"}
    request["requestContext"] = {
        "requestId": "r",
        "http": {"method": "GET", "path": "/healthz", "sourceIp": "1.1.1.1"},
    }
    answer = handler.handle(request, CONTEXT)
    drawn = [str(random.random()), services._new_id(), os.urandom(8).hex()]
    return {
        "drawn": drawn,
        "status": answer["statusCode"],
        "by_restore": before,
        "by_request": len(touched) - before,
    }


def forked(state: Any) -> dict[str, Any]:
    reading, writing = os.pipe()
    if os.fork() == 0:
        with os.fdopen(writing, "w") as report:
            json.dump(environment(state), report)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as report:
        found: dict[str, Any] = json.load(report)
    os.wait()
    return found


if __name__ == "__main__":
    sys.addaudithook(lambda event, _: touched.append(event) if event in TOUCHING else None)
    from awslambdaric import lambda_runtime_hooks_runner  # of Lambda's own runtime

    from catalight.adapters.aws import clients, secrets
    from functions.api import handler  # noqa: F401 - registers the hooks

    lambda_runtime_hooks_runner.run_before_snapshot()
    of_snapshot = {
        "touched": list(touched),
        "connections": connections(),
        "secrets": len(secrets.secrets_of(clients.REQUEST)._kept),
    }
    state = random.getstate()
    json.dump({"snapshot": of_snapshot, "environments": [forked(state), forked(state)]}, sys.stdout)
