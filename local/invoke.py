"""`make invoke-*`: a built function, invoked with a file of `events/` against a whole local system.

`sam local invoke` does it where a container engine runs; where none does, AWS's runtime interface emulator.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from local import seeds
from local.emulator import BUILT, emulated
from local.errors import LocalError
from local.functions import environment
from local.image_server import image_server
from local.stack import Function
from local.system import System
from local.webhook_receiver import webhook_receiver


def engine_runs() -> bool:
    """Whether a container engine answers."""
    docker = shutil.which("docker")
    return (
        docker is not None
        and subprocess.run([docker, "info"], capture_output=True, check=False).returncode == 0
    )


def with_sam(function: Function, event: Path, endpoint_url: str) -> Any:
    """Invoke the function in a container; on Linux it shares the host's network, where AWS is emulated."""
    template = yaml_parse((BUILT / "template.yaml").read_text())
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    variables |= environment(function, endpoint_url) | function.environment
    # Only what the template names reaches the container, so it names all of it.
    local = BUILT / "local.json"
    local.write_text(json.dumps(template))
    command = ["sam", "local", "invoke", function.logical_id, "--event", str(event), "--template", str(local)]
    command += ["--docker-network", "host", *shlex.split(os.environ.get("SAM_ARGS", ""))]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, text=True)
    answer = done.stdout.strip().splitlines()[-1:] or [""]
    try:
        return json.loads(answer[0])
    except ValueError as error:
        raise LocalError(f"sam local invoke gave no answer (exit status {done.returncode}).") from error


def with_emulator(function: Function, event: Path, endpoint_url: str, log: Path) -> Any:
    """Invoke the function under the emulator; show what it logged."""
    try:
        with emulated(function, endpoint_url, log) as built:
            return built.invoke(json.loads(event.read_text()))
    finally:
        if log.exists():
            print(log.read_text(), file=sys.stderr)


def invoke(name: str, event: Path) -> Any:
    """Start the system, store the jobs that the events speak of, invoke."""
    os.environ["CATALIGHT_ALLOW_PRIVATE_HOSTS"] = "1"  # the pictures of the stored jobs are on loopback
    with ExitStack() as stack:
        system = stack.enter_context(System())
        images = stack.enter_context(image_server())
        receiver = stack.enter_context(webhook_receiver(system.webhook_secret))
        seeds.plant(system.mongodb_uri, system.mongodb_database, images.url, f"{receiver.url}/hook")
        function = system.functions[name]
        if engine_runs():
            print(f"A container engine runs: sam local invoke {name} -e {event}", flush=True)
            return with_sam(function, event, system.endpoint_url)
        print(f"No container engine runs: {name} under AWS's runtime interface emulator, {event}", flush=True)
        return with_emulator(function, event, system.endpoint_url, system.folder / "emulator.log")


def main() -> int:
    """Print the function's answer; return 1 where it is an error."""
    try:
        answer = invoke(sys.argv[1], Path(sys.argv[2]))
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(answer, indent=2))
    failed = isinstance(answer, dict) and (answer.get("batchItemFailures") or "errorType" in answer)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
