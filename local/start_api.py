"""`make start-api`: the API in containers, by `sam local start-api`, in front of a local system."""

import os
import shlex
import signal
import subprocess
import sys

from local.built.containers import bridge_gateway, reachable, write_template
from local.run import end_on_signals
from local.runner.errors import LocalError
from local.runner.system import System

BANNER = """\
The API will be at http://127.0.0.1:{port}, in a container; Ctrl-C stops it. In another terminal:

  curl -F file=@functions/api/page/example.csv http://127.0.0.1:{port}/upload
  sam local invoke ApiFunction --event events/api-welcome.json --template {template}
"""


def main() -> int:
    """Run the API until Ctrl-C; return the exit code."""
    end_on_signals()
    gateway = bridge_gateway()
    if gateway is None:
        print(
            "sam local start-api needs a container engine, such as Docker. Without one: make run.",
            file=sys.stderr,
        )
        return 1
    port = os.environ.get("PORT") or "3000"
    try:
        with System() as system, reachable((system.endpoint_url, system.mongodb_uri), gateway) as host:
            template = write_template(system, host)
            print(BANNER.format(port=port, template=template), flush=True)
            command = ["sam", "local", "start-api", "--template", str(template), "--port", port]
            command += ["--warm-containers", "LAZY", *shlex.split(os.environ.get("SAM_ARGS", ""))]
            return run(command)
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.")
        return 0


def run(command: list[str]) -> int:
    """Run a command to its end, also after an interruption; return its exit code."""
    with subprocess.Popen(command) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)  # its own way to end, which removes its containers
            raise


if __name__ == "__main__":
    sys.exit(main())
