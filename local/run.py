"""Runs the application on this machine until Ctrl-C: `python -m local.run`."""

import signal
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from local.runner.errors import LocalError

if TYPE_CHECKING:
    from local.runner.system import System

CHECK_SECONDS = 0.5

KEYS = {
    "none": "are not required: only this machine reaches the API (to require them: AUTHENTICATION=keys)",
    "keys": "are required: make key NAME=... creates one",
}

BANNER = """\
Catalight is running. Ctrl-C stops it and {ends}.

  API      {url}  (documentation: {url}/docs)
  AWS      {endpoint_url}  (moto)
  MongoDB  {mongodb_uri}
  Logs     {folder} (in short: below, and in another terminal with make logs)
  Webhooks are signed with the secret in {folder}/{secret}
  API keys {keys}

Try it:

  curl -X POST {url}/upload -F file=@products.csv
  curl {url}/status/REQUEST_ID
  curl --fail -L -o result.csv {url}/download/REQUEST_ID
"""


def main(**options: Any) -> int:
    """Run a System with these options; return the exit code."""
    end_on_signals()
    try:
        from local import options as settings  # slow to import; imported here, where Ctrl-C is handled
        from local import running
        from local.log_lines import LogLines
        from local.runner.system import System

        chosen: dict[str, Any] = settings.read() | options
        print("Starting (a few seconds) ...", flush=True)
        with System(**chosen) as system, running.registered(system):
            print(banner(system, chosen), flush=True)
            with LogLines(system.folder):
                while True:
                    time.sleep(CHECK_SECONDS)
                    system.check()
    except KeyboardInterrupt:
        print("Stopped.")
        return 0
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1


def end_on_signals() -> None:
    """Have each signal that asks this process to end raise KeyboardInterrupt."""
    # SIGINT too: a shell starts what runs in the background with SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


def banner(system: "System", chosen: Mapping[str, Any]) -> str:
    """Return what the user of a system needs to know."""
    from local import running  # slow to import, as above

    # The user's own URI is not shown: it may contain a password, in more than one place.
    mongodb_uri = system.mongodb_uri if system.mongod else "as set in MONGODB_URI"
    data = chosen.get("data")
    shown = {
        "mongodb_uri": mongodb_uri,
        "keys": KEYS[chosen["parameters"].get("Authentication", "none")],
        "secret": running.SIGNING_FILE,
        "ends": f"keeps its data in {data}" if data else "discards its data (to keep them: DATA=folder)",
    }
    return BANNER.format_map(vars(system) | shown)


if __name__ == "__main__":
    sys.exit(main())
