"""Runs the API where no name can be resolved: `python -m tests.integration.stalls.nameless FOLDER`.

It has a network of its own, with nothing but loopback, and its name server never answers. It listens at the
Unix socket FOLDER/socket. If there is a file FOLDER/secret, Secrets Manager is at a loopback address and
holds the file's text; otherwise it has a name, as all others have.
"""

import ctypes
import fcntl
import json
import os
import socket
import struct
import sys
from pathlib import Path
from threading import Thread

REFUSED = 77  # exit code if the kernel allows no namespaces
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
SIOCSIFFLAGS, UP = 0x8914, 0x1
NAMES = "nameserver 127.0.0.1\nsearch example.test\n"


def enter(folder: Path) -> socket.socket:
    """Enter the namespaces; return the socket of the silent name server, which the caller keeps."""
    user, group = os.getuid(), os.getgid()
    os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET | os.CLONE_NEWNS)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    names = folder / "resolv.conf"
    names.write_text(NAMES)
    _mount(None, b"/", MS_REC | MS_PRIVATE)  # what follows is not seen outside
    _mount(os.fsencode(names), b"/etc/resolv.conf", MS_BIND)
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    fcntl.ioctl(server, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", UP))
    server.bind(("127.0.0.1", 53))
    return server


def _mount(source: bytes | None, target: bytes, flags: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(source, target, None, ctypes.c_ulong(flags), None):
        raise OSError(ctypes.get_errno(), "mount")


def serve_secret(secret: Path) -> str:
    """Serve the secret in a thread; return the URL."""
    from local.hosts.http_server import Handler, Server

    class Manager(Handler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            answer = json.dumps({"SecretString": secret.read_text()})
            self.answer(200, answer.encode(), "application/x-amz-json-1.1")

    server = Server(("127.0.0.1", 0), Manager)
    Thread(target=server.serve_forever, daemon=True).start()
    return server.url


def main() -> None:
    """Run the API until it is killed."""
    folder = Path(sys.argv[1])
    try:
        names = enter(folder)
    except OSError as error:
        sys.stderr.write(f"the kernel refuses: {error}")
        sys.exit(REFUSED)
    if sys.argv[2:] == ["probe"]:
        return
    if (folder / "secret").exists():
        os.environ["AWS_ENDPOINT_URL_SECRETS_MANAGER"] = serve_secret(folder / "secret")

    import uvicorn

    with names:
        uvicorn.run("functions.api.handler:app", uds=str(folder / "socket"), access_log=False)


if __name__ == "__main__":
    main()
