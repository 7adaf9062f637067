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
    "none": "are not required: only this machine reaches the API (to require them: AUTHENTICATION=keys)",
    "keys": "are required: make key NAME=... creates one",
}

BANNER = """\
Catalight is running. Ctrl-C stops it and discards its data.

  API      {url}  (documentation: {url}/docs)
  AWS      {endpoint_url}  (moto)
  MongoDB  {mongodb_uri}
  Logs     {folder}
  Webhooks are signed with the secret in {folder}/{secret}
  API keys {keys}

Try it:

  curl -X POST {url}/upload -F file=@products.csv
  curl {url}/status/REQUEST_ID
  curl --fail -L -o result.csv {url}/download/REQUEST_ID
"""


def main(**options: Any) -> int:
    """Run a System with these options; return the exit code."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        from local import running  # slow to import; imported here, where Ctrl-C is handled
        from local.runner.system import System

        port = _port()
        authentication = _authentication()
        defaults: dict[str, Any] = {
            "port": port,
            "folder": running.folder(port),
            "parameters": {"Authentication": authentication},
        }
        print("Starting (a few seconds) ...", flush=True)
        with System(**defaults | options) as system, running.registered(system):
            # The user's own URI is not shown: it may contain a password, in more than one place.
            mongodb_uri = system.mongodb_uri if system.mongod else "as set in MONGODB_URI"
            shown = {"mongodb_uri": mongodb_uri, "keys": KEYS[authentication], "secret": running.SIGNING_FILE}
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
        raise LocalError(f"AUTHENTICATION must be keys or none, not {value!r}.")
    return value


def _port() -> int:
    value = os.environ.get("PORT", str(DEFAULT_PORT))
    if not (value.isdecimal() and 0 < int(value) < 65536):
        raise LocalError(f"PORT must be a number from 1 to 65535, not {value!r}.")
    return int(value)


if __name__ == "__main__":
    sys.exit(main())
