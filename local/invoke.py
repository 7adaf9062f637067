"""`make invoke-*`: invokes a built function with a file of `events/` against a local system.

It uses `sam local invoke` if a container engine runs, or else AWS's runtime interface emulator.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from contextlib import ExitStack
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from samtranslator.yaml_helper import yaml_parse

from local.built import seeds
from local.built.emulator import BUILT, architecture, emulated
from local.built.forward import forwarded
from local.hosts.image_server import image_server
from local.hosts.webhook_receiver import webhook_receiver
from local.runner.children import HOST
from local.runner.errors import LocalError
from local.runner.functions import environment
from local.runner.stack import Function
from local.runner.system import MONGODB_PARAMETER, System


def docker(*words: str) -> str | None:
    """Return the output of a docker command, or None if no container engine runs."""
    program = shutil.which("docker")
    if program is None:
        return None
    done = subprocess.run([program, *words], capture_output=True, check=False, text=True)
    return done.stdout.strip() if done.returncode == 0 else None


def bridge_gateway() -> str | None:
    """Return this machine's address as containers see it, or None if no container engine runs."""
    # A new bridge may have no gateway yet, so fall back to its subnet.
    either = "{{with index .IPAM.Config 0}}{{or .Gateway .Subnet}}{{end}}"
    found = docker("network", "inspect", "bridge", "--format", either)
    return str(next(ip_network(found, strict=False).hosts())) if found else None


def with_sam(system: System, name: str, event: Path, host: str) -> Any:
    """Invoke the function in a container, which reaches this machine at `host`."""
    function = system.functions[name]
    template = yaml_parse((BUILT / "template.yaml").read_text())
    template["Parameters"]["Architecture"]["Default"] = architecture()
    # Only variables that the template names reach the container, so it has to name all of them.
    variables = environment(function, system.endpoint_url.replace(HOST, host))
    template["Resources"][name]["Properties"]["Environment"] = {"Variables": variables}
    local = BUILT / "local.json"
    local.write_text(json.dumps(template))
    # The container cannot reach the address under which the replica set knows its member.
    uri = urlsplit(system.mongodb_uri)
    direct = f"mongodb://{host}:{uri.port}{uri.path}?directConnection=true"
    system.client("secretsmanager").put_secret_value(SecretId=MONGODB_PARAMETER, SecretString=direct)
    command = ["sam", "local", "invoke", name, "--event", str(event), "--template", str(local)]
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
        if gateway and sys.platform == "linux":
            host = gateway
            for url in (system.endpoint_url, system.mongodb_uri, images.url, receiver.url):
                stack.enter_context(forwarded(host, urlsplit(url).port or 0))
        elif gateway:
            host = "host.docker.internal"
        hook = f"{receiver.url.replace(HOST, host)}/hook"
        seeds.plant(system.mongodb_uri, system.mongodb_database, images.url.replace(HOST, host), hook)
        if gateway:
            print(f"Using the container engine: sam local invoke {name} --event {event}", flush=True)
            return with_sam(system, name, event, host)
        print(
            f"No container engine runs. Using AWS's runtime interface emulator: {name} with {event}",
            flush=True,
        )
        log = system.folder / "emulator.log"
        return with_emulator(system.functions[name], event, system.endpoint_url, log)


def main() -> int:
    """Print the function's result; return 1 if it is an error."""
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
