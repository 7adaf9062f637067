"""Runs a command that the kernel kills when its parent dies (on Linux; elsewhere it only runs the command).

Run as a script: `python die_with_parent.py PARENT_PID COMMAND...`. The command replaces this process.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Request SIGKILL on the parent's death, then exec the command; the request survives the exec."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # the parent died before the request
        sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 - deliberately without a shell


if __name__ == "__main__":
    main()
