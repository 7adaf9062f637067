"""The process that codec processes are forked from: `python -m catalight.adapters.codec.fork_server …`.

It imports the codec once and never sees an image. Its arguments are the number of a socket and the limits in
JSON. Each message on the socket is a REQUEST: to fork a child, which gets the socket that came with the
message, or to end one, which is answered by its EXIT_CODE.
"""

import gc
import json
import os
import resource
import signal
import socket
import sys

from catalight.adapters.codec import worker
from catalight.adapters.codec.forking import END, EXIT_CODE, FORK, REQUEST
from catalight.adapters.isolation import cage
from catalight.adapters.isolation.limits import limit
from catalight.domain.image.limits import Limits

FILES = 16  # descriptors


def main() -> None:
    """Answer requests until the socket is closed, then kill the children that are left."""
    control, limits = socket.socket(fileno=int(sys.argv[1])), Limits(**json.loads(sys.argv[2]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent, with which this process ends
    refused = cage.refused(cage.hide_memory, cage.forbid_new_privileges, cage.drop_capabilities)
    limit(
        {
            resource.RLIMIT_FSIZE: limits.output_bytes + 1,  # one more: shows that an output is too long
            resource.RLIMIT_NOFILE: FILES,
            resource.RLIMIT_AS: limits.memory,
        }
    )
    worker.prepare()
    os.chdir("/")
    gc.collect()
    gc.freeze()  # so that children need not copy pages for the sake of counting
    children: dict[int, int] = {}
    while True:
        message, files, _, _ = socket.recv_fds(control, REQUEST.size, 1)
        if not message:
            break
        kind, number = REQUEST.unpack(message)
        if kind == FORK:
            children[number] = _fork(control, files[0], limits, refused)
        elif kind == END:
            control.sendall(EXIT_CODE.pack(_end(children.pop(number, 0))))
    for pid in children.values():
        _end(pid)


def _fork(control: socket.socket, channel: int, limits: Limits, refused: list[str]) -> int:
    """Fork a child that serves the channel; return its process id, or 0 if the system has no room for it."""
    server = os.getpid()
    try:
        pid = os.fork()
    except OSError:
        pid = 0
    else:
        if pid == 0:
            control.close()
            worker.run(socket.socket(fileno=channel), limits, server, refused)
    os.close(channel)  # without a child, the parent reads the end of the channel
    return pid


def _end(pid: int) -> int:
    if pid == 0:
        return os.EX_OSERR
    os.kill(pid, signal.SIGKILL)  # not reaped yet, so the number is still its own
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    main()
