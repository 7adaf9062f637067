"""The fork server with a filter that kills: `python -m tests.corpora.strict`, in place of the codec's own.

What compressing asks for and does not get shows as a crash, and not only where it changes the outcome.
"""

import errno
import os
import platform

from catalight.adapters.codec import fork_server
from catalight.adapters.isolation import seccomp

# FileIO asks for the size of a file that it is given, and does without: newfstatat on both machines.
SPARED = {"x86_64": 262, "aarch64": 79}


def program(machine: seccomp.Machine) -> list[seccomp.Instruction]:
    """Return the codec's filter with another end: it refuses one call and kills at any other."""
    *rules, _ = own(machine)
    equal, leave, refuse = 0x15, 0x06, 0x0005_0000 | errno.EPERM
    return [
        *rules,
        (equal, 0, 1, SPARED[platform.machine()]),
        (leave, 0, 0, refuse),
        (leave, 0, 0, seccomp.KILL),
    ]


if __name__ == "__main__":
    own, seccomp.program = seccomp.program, program
    fork_server.main()
    os._exit(0)
