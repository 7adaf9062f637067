"""`make local-invoke EVENT=events/NAME.json`: invokes a built function with an event, in a local system.

It uses `sam local invoke` if a container engine runs, or else AWS's runtime interface emulator.
"""

import json
import os
import shlex
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from local.built import seeds
from local.built.containers import bridge_gateway, reachable, write_template
from local.built.emulator import emulated
from local.built.events import function_of
from local.hosts.image_server import image_server
from local.hosts.webhook_receiver import webhook_receiver
from local.runner.children import HOST, PROJECT
from local.runner.errors import LocalError
from local.runner.stack import Function
from local.runner.system import System
from local.runner.template import load


def with_sam(name: str, event: Path, template: Path) -> Any:
    """Invoke the function in a container."""
    command = ["sam", "local", "invoke", name, "--event", str(event), "--template", str(template)]
    command += shlex.split(os.environ.get("SAM_ARGS", ""))
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, text=True)
    answer = done.stdout.strip().splitlines()[-1:] or [""]
    try:
        return json.loads(answer[0])
    except ValueError as error:
        raise LocalError(f"sam local invoke returned no JSON (exit status {done.returncode}).") from error


def with_emulator(function: Function, event: Path, endpoint_url: str, log: Path) -> Any:
    """Invoke the function under the emulator; print its log to standard error."""
    with emulated(function, endpoint_url, log) as built:
        try:
            return built.invoke(json.loads(event.read_text()))
        finally:
            print(log.read_text(), file=sys.stderr)


def invoke(name: str, event: Path) -> Any:
    """Start the system, store the jobs that the events name, and invoke the function."""
    os.environ["CATALIGHT_ALLOW_PRIVATE_HOSTS"] = "1"  # the images of the stored jobs are on this machine
    gateway = bridge_gateway()
    with ExitStack() as stack:
        system = stack.enter_context(System())
        images = stack.enter_context(image_server())
        receiver = stack.enter_context(webhook_receiver(system.webhook_secret))
        host = HOST
        if gateway:
            urls = (system.endpoint_url, system.mongodb_uri, images.url, receiver.url)
            host = stack.enter_context(reachable(urls, gateway))
        hook = f"{receiver.url.replace(HOST, host)}/hook"
        base = images.url.replace(HOST, host)
        seeds.plant(system.mongodb_uri, system.mongodb_database, base, hook)
        seeds.upload(system.client("s3"), base)
        if gateway:
            print(f"Using the container engine: sam local invoke {name} --event {event}", flush=True)
            return with_sam(name, event, write_template(system, host))
        print(
            f"No container engine runs. Using AWS's runtime interface emulator: {name} with {event}",
            flush=True,
        )
        log = system.folder / "emulator.log"
        return with_emulator(system.functions[name], event, system.endpoint_url, log)


def failed(answer: Any) -> bool:
    """Return whether a function's answer tells of a failure: an error, a failed record or an HTTP error."""
    if not isinstance(answer, dict):
        return False
    refused = int(answer.get("statusCode", 200)) >= 400
    return bool("errorType" in answer or answer.get("batchItemFailures") or refused)


def main() -> int:
    """Print the function's result; return 1 if it is a failure."""
    try:
        [event] = map(Path, sys.argv[1:])
        name = function_of(read(event), load(PROJECT / "template.yaml"))
        answer = invoke(name, event)
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(answer, indent=2))
    return 1 if failed(answer) else 0


def read(event: Path) -> dict[str, Any]:
    """Return the event in a file; raise LocalError if there is none."""
    try:
        found = json.loads(event.read_text(encoding="utf-8"))
    except OSError as error:
        raise LocalError(f"{event} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise LocalError(f"{event} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise LocalError(f"{event} holds no event, which is a JSON object.")
    return found


if __name__ == "__main__":
    sys.exit(main())
