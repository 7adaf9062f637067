"""Lets containers of `sam local` use a local system."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from local.built.emulator import BUILT
from local.built.forward import forwarded
from local.runner.children import HOST
from local.runner.functions import environment
from local.runner.system import MONGODB_PARAMETER, System
from local.runner.template import load

TEMPLATE = BUILT / "local.json"


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
    return str(next(iter(ip_network(found, strict=False).hosts()))) if found else None


@contextmanager
def reachable(urls: Iterable[str], gateway: str) -> Iterator[str]:
    """Let containers reach the ports of these URLs until the block ends; yield the host to use for them."""
    if sys.platform != "linux":
        yield "host.docker.internal"
        return
    with ExitStack() as stack:
        for url in urls:
            stack.enter_context(forwarded(gateway, urlsplit(url).port or 0))
        yield gateway


def write_template(system: System, host: str) -> Path:
    """Write the built template with the environment of a system that containers reach at `host`.

    It is complete: `sam local` needs no other file and no option to reach the system.
    """
    template = load(BUILT / "template.yaml")
    endpoint_url = system.endpoint_url.replace(HOST, host)
    for name, function in system.functions.items():
        # Only variables that the template names reach the container, so it has to name all of them.
        variables = environment(function, endpoint_url)
        template["Resources"][name]["Properties"]["Environment"] = {"Variables": variables}
    # The container cannot reach the address under which the replica set knows its member.
    uri = urlsplit(system.mongodb_uri)
    direct = f"mongodb://{host}:{uri.port}{uri.path}?directConnection=true"
    system.client("secretsmanager").put_secret_value(SecretId=MONGODB_PARAMETER, SecretString=direct)
    TEMPLATE.write_text(json.dumps(template, indent=2))
    return TEMPLATE
