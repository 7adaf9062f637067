"""Handlers for the test template. They print what they receive, and the tests read it from the log."""

import json
import os
import sys
import time
from typing import Any


def fail_some(event: Any, context: Any) -> Any:
    """Do what the body of each message says; `fail` fails only on the first receive."""
    failures = []
    for record in event["Records"]:
        count = int(record["attributes"]["ApproximateReceiveCount"])
        _log(body=record["body"], count=count)
        match record["body"].partition(" ")[0]:
            case "die":
                os._exit(3)
            case "sleep":
                time.sleep(60)
            case "fail" if count == 1:
                failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def echo(event: Any, context: Any) -> Any:
    """Return event, environment and context; raise at the first receive of a `raise` message."""
    _log(event=event)
    for record in event.get("Records", []):
        if record["body"] == "raise" and record["attributes"]["ApproximateReceiveCount"] == "1":
            raise ValueError("as the message asked")
    return {
        "event": event,
        "environment": dict(os.environ),
        "function": context.function_name,
        "memory": context.memory_limit_in_mb,
        "milliseconds": context.get_remaining_time_in_millis(),
        "read": sys.stdin.read(),
    }


def _log(**seen: Any) -> None:
    sys.stdout.write(json.dumps(seen) + "\n")
