"""Lambda SnapStart: the API starts from a snapshot of its memory, which may be days old.

Nothing in it may be connected, secret or random, but for the role's temporary credentials: the clients ask
for them when they are built, and again when they have expired. The first request that needs a connection
makes it, not a hook: a restore that takes more than 10 s fails, and with it the request, and MongoDB may
take as long.
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
"""

import os
import random
from collections.abc import Callable
from typing import Any

from functions.api import services

INITIALISATION = "AWS_LAMBDA_INITIALIZATION_TYPE"  # set by Lambda: configuration-envvars.html
SNAP_START = "snap-start"
WELCOME: dict[str, Any] = {
    "version": "2.0",
    "rawPath": "/",
    "rawQueryString": "",
    "headers": {"host": "snapshot"},
    "requestContext": {"http": {"method": "GET", "path": "/", "sourceIp": "127.0.0.1"}},
    "isBase64Encoded": False,
}
"""A request to the start page, as API Gateway passes it on; it needs no other service."""


def register(answer: Callable[[dict[str, Any], Any], object]) -> None:
    """Have Lambda call the hooks, if the function starts from snapshots; `answer` answers a request."""
    if os.environ.get(INITIALISATION) != SNAP_START:
        return
    # Part of Lambda's runtime, not of the function.
    from snapshot_restore_py import register_after_restore, register_before_snapshot

    register_before_snapshot(prepare, answer)
    register_after_restore(random.seed)  # the jitter of retries; ids and tokens come from the kernel


def prepare(answer: Callable[[dict[str, Any], Any], object]) -> None:
    """Build what requests use, and answer one, which builds the rest."""
    services.build()
    answer(WELCOME, None)
