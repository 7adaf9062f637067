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

GONE_BY = "the storage answered {} to the link"


def no_notice(*_: object) -> None:
    """Tell nobody."""


def fetch(
    transport: Transport,
    link: Callable[[], str],
    sink: BinaryIO,
    shown: object = "The output",
    on_name: Callable[[str], None] = no_notice,
) -> None:
    """Write what the link leads to into `sink`; if the connection is lost, go on where it ended.

    `link` is asked for a new link at each attempt. `on_name` gets the name that the service suggests. `shown`
    is what messages call the sink.
    """
    written, etag = 0, ""
    backoff = Backoff(transport.patience, transport.clock)
    while True:
        before = written
        # The range holds only for the same content: a result may have been written anew in between.
        ranged = {"Range": f"bytes={written}-", "If-Match": etag} if written and etag else {}
        try:
            with transport.plain.stream("GET", link(), headers=ranged) as answer:
                if written and answer.status_code in (200, 412):
                    before = written = _begin_again(sink)
                if answer.status_code in (200, 206):
                    etag = answer.headers.get("etag", "")
                    on_name(suggested(answer))
                    for chunk in answer.iter_raw():
                        with cannot_write_to(shown):
                            sink.write(chunk)
                        written += len(chunk)
                    return
                failure = NoServiceError(transport.url, GONE_BY.format(answer.status_code))
        except httpx.TransportError as error:
            failure = NoServiceError(transport.url, f"the download was interrupted ({reason(error)})")
        if written > before:
            backoff = Backoff(transport.patience, transport.clock)
        transport.pause(backoff, failure)


def fetch_to(transport: Transport, link: Callable[[], str], path: Path) -> Path:
    """Fetch into a file, or into a folder under the suggested name; return the path of the file.

    A device is written to, and the file that a symbolic link leads to is replaced.
    """
    target = path.resolve()
    if target.exists() and not (target.is_file() or target.is_dir()):
        with cannot_write_to(path), target.open("wb", buffering=0) as device:
            fetch(transport, link, device, path)
        return path
    names = [""]
    with whole_file(path, target if target.is_dir() else target.parent) as (file, name):
        fetch(transport, link, file, path, names.append)
        if target.is_dir():
            path = target = free_name(path / (names[-1] or "result"))
        name(target)
    return path


@contextmanager
def whole_file(shown: Path, folder: Path) -> Iterator[tuple[BinaryIO, Callable[[Path], None]]]:
    """Open a temporary file in a folder; yield it, and a function that gives it its name.

    Without a name it is removed at the end of the block. Raise OutputError if it cannot be written.
    """
    part = folder / f".catalight-{secrets.token_hex(6)}.part"
    with cannot_write_to(shown):
        file = part.open("xb")

    def name(path: Path) -> None:
        with cannot_write_to(shown):
            file.close()  # a full disk may show only now
            part.replace(path)

    try:
        yield file, name
    finally:
        with suppress(OSError):
            file.close()
        part.unlink(missing_ok=True)


@contextmanager
def cannot_write_to(shown: object) -> Iterator[None]:
    """Raise OutputError if the block cannot write a file; a closed pipe stays what it is."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"{shown} cannot be written: {os.strerror(error.errno or 0)}.") from error


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
