"""Handlers for the test template. What they see goes to standard output: their log, which the tests read."""

import json
import os
import sys
import time
from typing import Any


def fail_some(event: Any, context: Any) -> Any:
    """Does with each message what its body says; what is to `fail` does so the first time it comes."""
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
    """Returns what it was given and in which surroundings; raises the first time that a message says so."""
    _log(event=event)
    for record in event.get("Records", []):
        if record["body"] == "raise" and record["attributes"]["ApproximateReceiveCount"] == "1":
            raise ValueError("so it was told")
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
