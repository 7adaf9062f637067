"""Runs the application on this machine until Ctrl-C: `python -m local.run`."""

import os
import signal
import sys
import time
from typing import Any

from local.runner.errors import LocalError

DEFAULT_PORT = 8000
CHECK_SECONDS = 0.5

KEYS = {
    "none": "are not asked for: only this machine reaches the API (AUTHENTICATION=keys make run: asked for)",
    "keys": "are asked for: make key NAME=... makes one",
}

BANNER = """\
Catalight runs. Ctrl-C stops it and forgets its data.

  API      {url}  (documentation: {url}/docs)
  AWS      {endpoint_url}  (moto)
  MongoDB  {mongodb_uri}
  Logs     {folder}
  Webhooks are signed with what is in {folder}/{secret}
  API keys {keys}

Try it:

  curl -X POST {url}/upload -F file=@products.csv
  curl {url}/status/REQUEST_ID
  curl --fail -L -o result.csv {url}/download/REQUEST_ID
"""


def main(**options: Any) -> int:
    """Runs a System with these options and returns the exit code."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        from local import running  # slow to import, and a Ctrl-C is understood only here
        from local.runner.system import System

        port = _port()
        authentication = _authentication()
        defaults: dict[str, Any] = {
            "port": port,
            "folder": running.folder(port),
            "parameters": {"Authentication": authentication},
        }
        print("Starting (a few seconds) ...", flush=True)
        with System(**defaults | options) as system, running.told(system):
            # The user's own URI is not shown: it may hold a password, in more than one place.
            mongodb_uri = system.mongodb_uri if system.mongod else "that of MONGODB_URI"
            shown = {"mongodb_uri": mongodb_uri, "keys": KEYS[authentication], "secret": running.SIGNED_WITH}
            print(BANNER.format_map(vars(system) | shown), flush=True)
            while True:
                time.sleep(CHECK_SECONDS)
                system.check()
    except KeyboardInterrupt:
        print("Stopped.")
        return 0
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1


def _authentication() -> str:
    value = os.environ.get("AUTHENTICATION", "none")
    if value not in KEYS:
        raise LocalError(f"AUTHENTICATION is to be keys or none, not {value!r}.")
    return value


def _port() -> int:
    value = os.environ.get("PORT", str(DEFAULT_PORT))
    if not (value.isdecimal() and 0 < int(value) < 65536):
        raise LocalError(f"PORT is to be a number from 1 to 65535, not {value!r}.")
    return int(value)


if __name__ == "__main__":
    sys.exit(main())
