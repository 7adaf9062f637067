"""Fetches what a link leads to into a file, which appears only once it is whole."""

import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

import httpx

from catalight_cli.errors import NoServiceError, OutputError
from catalight_cli.transport import Backoff, Transport, reason

CHUNK = 1 << 16
GONE_BY = "the storage answered {} to the link"


def no_notice(*_: object) -> None:
    """Tell nobody."""


def fetch(
    transport: Transport, link: Callable[[], str], sink: BinaryIO, on_name: Callable[[str], None]
) -> None:
    """Write what the link leads to into `sink`; if the connection is lost, go on where it ended.

    `link` is asked for a new link at each attempt. `on_name` gets the name that the service suggests.
    """
    written, etag = 0, ""
    backoff = Backoff(transport.patience, transport.clock)
    while True:
        before = written
        try:
            # The range holds only for the same content: a result may have been written anew in between.
            ranged = {"Range": f"bytes={written}-", "If-Range": etag} if written and etag else {}
            with transport.plain.stream("GET", link(), headers=ranged) as answer:
                if answer.status_code in (200, 206):
                    if written and answer.status_code == 200:
                        written = _begin_again(sink)
                    etag = answer.headers.get("etag", "")
                    on_name(suggested(answer))
                    for chunk in answer.iter_raw(CHUNK):
                        _write(sink, chunk)
                        written += len(chunk)
                    return
                failure = NoServiceError(transport.url, GONE_BY.format(answer.status_code))
        except httpx.TransportError as error:
            failure = NoServiceError(transport.url, f"the download was interrupted ({reason(error)})")
        if written > before:
            backoff = Backoff(transport.patience, transport.clock)
        transport.pause(backoff, failure)


@contextmanager
def whole_file(folder: Path) -> Iterator[tuple[BinaryIO, Callable[[Path], None]]]:
    """Open a temporary file in a folder; yield it, and a function that gives it its name.

    Without a name it is removed at the end of the block. Raise OutputError if it cannot be written.
    """
    part = folder / f".catalight-{secrets.token_hex(6)}.part"
    try:
        file = part.open("xb")
    except OSError as error:
        raise cannot_write(folder, error) from error

    def name(path: Path) -> None:
        try:
            file.close()  # a full disk may show only now
            part.replace(path)
        except OSError as error:
            raise cannot_write(path, error) from error

    try:
        yield file, name
    finally:
        with suppress(OSError):
            file.close()
        part.unlink(missing_ok=True)


def cannot_write(path: Path, error: OSError) -> OutputError:
    """Return the error that says why a file cannot be written."""
    return OutputError(f"{path} cannot be written: {os.strerror(error.errno or 0)}.")


@contextmanager
def cannot_read(path: Path) -> Iterator[None]:
    """Raise OutputError if the block cannot read a file."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path} cannot be read: {os.strerror(error.errno or 0)}.") from error


def suggested(answer: httpx.Response) -> str:
    """Return the file name of a Content-Disposition, or an empty text."""
    found = re.search(r"filename\*=UTF-8''([^;]+)", answer.headers.get("content-disposition", ""))
    name = unquote(found[1]) if found else ""
    return re.sub(r'[\x00-\x1f\x7f/\\:*?"<>|]', "-", name).lstrip(".")[-200:]


def free_name(path: Path) -> Path:
    """Return this path, or one with a number if there is such a file."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free


def _begin_again(sink: BinaryIO) -> int:
    """Forget what was written, because the content has changed; return 0."""
    if not sink.seekable():
        raise OutputError("The result changed during the download; download it again.")
    sink.seek(0)
    sink.truncate()
    return 0


def _write(sink: BinaryIO, chunk: bytes) -> None:
    try:
        sink.write(chunk)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise cannot_write(Path(getattr(sink, "name", "output")).parent, error) from error
