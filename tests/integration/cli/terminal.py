"""Runs a program on a terminal (a pseudo-terminal of 80 columns), and types into it."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
from collections.abc import Mapping
from pathlib import Path

SILENT_SECONDS = 60
SIZE = struct.pack("HHHH", 24, 80, 0, 0)


def on_terminal(
    environment: Mapping[str, str], folder: Path, *command: object, typed: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Return a program's exit code and what the terminal got.

    `typed` says what is typed once the terminal has got a text, each once.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, SIZE)
    answers = dict(typed or {})
    got = ""
    with subprocess.Popen(
        [str(part) for part in command],
        cwd=folder,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # so that Ctrl-C reaches it
    ) as process:
        os.close(theirs)
        while read := _read(ours, process):
            got += read.decode(errors="replace")
            for text in [text for text in answers if text in got]:
                os.write(ours, answers.pop(text).encode())
    os.close(ours)
    return process.returncode, got


def _read(terminal: int, process: subprocess.Popen[bytes]) -> bytes:
    if not select.select([terminal], [], [], SILENT_SECONDS)[0]:
        process.kill()
    try:
        return os.read(terminal, 65536)
    except OSError:  # EIO: the program has ended
        return b""
