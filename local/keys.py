"""`make key`, `make keys`, …: manages API keys of the system that `make run` runs, or of a stack on AWS."""

import argparse
import json
import sys
import tempfile
from dataclasses import fields
from pathlib import Path
from threading import Semaphore
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from catalight.domain.api_keys import Limits
from local import running, stacks
from local.options import DEFAULT_PORT
from local.runner.errors import LocalError
from local.runner.functions import InvocationError, LocalFunction

FUNCTION = "KeysFunction"
OUTPUT = "KeysFunctionName"
# No retries: a second `make` would make a second key, and a second rotation would end the overlap at once.
NO_RETRIES = Config(read_timeout=90, retries={"total_max_attempts": 1})


def on_this_machine(event: dict[str, Any], port: int) -> Any:
    """Invoke the function in the system that runs on this port; return its result."""
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
    """Invoke the function of a stack, with credentials that may invoke it; return its result."""
    try:
        found = stacks.find(stack, boto3.client("cloudformation"))
        if found is None:
            raise stacks.missing(stack)
        name = stacks.outputs(found).get(OUTPUT)
        if name is None:
            raise LocalError(f"{stack} is {found['StackStatus']}, and has no output {OUTPUT}.")
        functions = boto3.client("lambda", config=NO_RETRIES)
        answer = functions.invoke(FunctionName=name, Payload=json.dumps(event))
    except (BotoCoreError, ClientError) as error:
        raise LocalError(f"AWS: {error}") from error
    if "FunctionError" in answer:
        raise LocalError(f"{name} failed: its log (KeysLogs) says why. See docs/operations.md.")
    return json.loads(answer["Payload"].read())


def event_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the event for the function."""
    limits = {limit.name: getattr(arguments, limit.name, None) for limit in fields(Limits)}
    given = {name: limit for name, limit in limits.items() if limit is not None}
    if arguments.action == "make":
        return {"action": "make", "name": arguments.name, **given}
    if arguments.action == "change-limits":
        return {"action": "change-limits", "key": arguments.key, **given}
    return {"action": arguments.action} | ({"key": arguments.key} if arguments.action != "list" else {})


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    command_line = argparse.ArgumentParser(prog="python -m local.keys", description=__doc__)
    command_line.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help="port of the system on this machine"
    )
    command_line.add_argument("--stack", help="name of a stack on AWS, instead")
    actions = command_line.add_subparsers(dest="action", required=True)
    make = actions.add_parser("make")
    make.add_argument("name")
    change = actions.add_parser("change-limits")
    change.add_argument("key")
    for action in (make, change):
        for limit in fields(Limits):
            action.add_argument(f"--{limit.name.replace('_', '-')}", type=int)
    actions.add_parser("list")
    for name in ("revoke", "webhook-secret", "rotate-webhook-secret"):
        actions.add_parser(name).add_argument("key")
    return command_line


def main() -> int:
    """Print the function's result; return 1 if it is an error."""
    arguments = parser().parse_args()
    try:
        event = event_of(arguments)
        answer = on_aws(event, arguments.stack) if arguments.stack else on_this_machine(event, arguments.port)
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
