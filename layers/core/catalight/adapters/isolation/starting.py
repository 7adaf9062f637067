"""What a process that reads strangers' bytes is started with: no secrets, and no variables beyond these."""

import logging
import os
import sys

logger = logging.getLogger(__name__)

# By name or by beginning.
KEPT_VARIABLES = frozenset({"LD_LIBRARY_PATH", "LANG"})
TUNING = ("MALLOC_", "PILLOW_")
_reported: set[str] = set()


def command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module, without the site packages' start-up files."""
    return [sys.executable, "-P", "-S", "-m", module, *arguments]


def environment() -> dict[str, str]:
    """Return the environment variables of the process."""
    kept = {k: v for k, v in os.environ.items() if k in KEPT_VARIABLES or k.startswith(TUNING)}
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def report(refused: list[str]) -> None:
    """Log each step of the cage that the kernel refused, once."""
    for step in refused:
        if step not in _reported:
            _reported.add(step)
            logger.warning("the kernel refuses a step of the sandbox, which goes on without it: %s", step)
