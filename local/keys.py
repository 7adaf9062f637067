"""`make key` and its like: API keys of the system that `make run` runs, or of a stack on AWS."""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from threading import Semaphore
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local import running
from local.run import DEFAULT_PORT
from local.runner.errors import LocalError
from local.runner.functions import InvocationError, LocalFunction

FUNCTION = "KeysFunction"
OUTPUT = "KeysFunctionName"
# Sent again after a timeout, `make` would make a second key, and a rotation would end the overlap at once.
ONCE = Config(read_timeout=90, retries={"total_max_attempts": 1})


def here(event: dict[str, Any], port: int) -> Any:
    """What the function answers in the system that runs on this port."""
    found, endpoint_url = running.find(port, FUNCTION)
    with tempfile.TemporaryDirectory(prefix="catalight-") as folder:
        function = LocalFunction(found, endpoint_url, Path(folder), Semaphore())
        try:
            return function.invoke(event)
        except InvocationError as error:
            raise LocalError(f"{error}\n{function.log.read_text()}") from error
        finally:
            function.close()


def on_aws(event: dict[str, Any], stack: str) -> Any:
    """What the function of a stack answers; needs credentials that may invoke it."""
    try:
        [found] = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}
        functions = boto3.client("lambda", config=ONCE)
        answer = functions.invoke(FunctionName=outputs[OUTPUT], Payload=json.dumps(event))
    except (BotoCoreError, ClientError) as error:
        raise LocalError(f"AWS: {error}") from error
    if "FunctionError" in answer:
        raise LocalError(f"{outputs[OUTPUT]} failed; its log tells why.")
    return json.loads(answer["Payload"].read())


def event_of(words: argparse.Namespace) -> dict[str, Any]:
    """The event that the function takes."""
    if words.action == "make":
        limits = {"open_jobs": words.open_jobs, "rows_a_day": words.rows_a_day}
        given = {name: limit for name, limit in limits.items() if limit is not None}
        return {"action": "make", "name": words.name, **given}
    return {"action": words.action} | ({"key": words.key} if words.action != "list" else {})


def parser() -> argparse.ArgumentParser:
    """The command line."""
    whole = argparse.ArgumentParser(prog="python -m local.keys", description=__doc__)
    whole.add_argument("--port", type=int, default=DEFAULT_PORT, help="of the system on this machine")
    whole.add_argument("--stack", help="a stack on AWS instead")
    actions = whole.add_subparsers(dest="action", required=True)
    make = actions.add_parser("make")
    make.add_argument("name")
    make.add_argument("--open-jobs", type=int)
    make.add_argument("--rows-a-day", type=int)
    actions.add_parser("list")
    for action in ("revoke", "webhook-secret", "rotate-webhook-secret"):
        actions.add_parser(action).add_argument("key")
    return whole


def main() -> int:
    """Print the answer; return 1 where it is an error."""
    words = parser().parse_args()
    try:
        event = event_of(words)
        answer = on_aws(event, words.stack) if words.stack else here(event, words.port)
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    if "error" in answer:
        print(answer["error"], file=sys.stderr)
        return 1
    print(json.dumps(answer, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
