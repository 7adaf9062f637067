"""What is sent: a file with its name and size, or the URL of a feed; and the fields of the form."""

import io
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import httpx

from catalight_cli.files import cannot_read
from catalight_cli.transport import Transport

type File = str | os.PathLike[str] | bytes | BinaryIO
"""A path, the bytes themselves, a file opened in binary mode, or the http(s) URL of a feed."""

DEFAULT_NAME = "products.csv"


@dataclass(frozen=True, slots=True)
class Sendable:
    """A file that can be read more than once, and is sent from its beginning."""

    name: str
    content: BinaryIO
    size: int


def form_of(fields: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields of a form; None is a field that is not sent."""
    return {field: text(value) for field, value in fields.items() if value is not None}


def is_feed(file: File) -> bool:
    """Return whether a file is the URL of a feed, which the service fetches itself."""
    return isinstance(file, str) and file.startswith(("http://", "https://"))


def send(
    transport: Transport,
    file: Sendable | str,
    form: Mapping[str, str],
    *,
    params: Mapping[str, str],
    headers: Mapping[str, str],
) -> httpx.Response:
    """Send a file, or the URL of a feed, in one request with the fields of /upload; return the answer.

    Safe to repeat: `headers` has an Idempotency-Key, or `params` say that it is a dry run.
    """
    if isinstance(file, str):
        parts = [(field, (None, value)) for field, value in {**form, "file_url": file}.items()]
        return transport.call("POST", "/upload", files=parts, params=params, headers=headers)
    sent = {"file": (file.name, file.content, "application/octet-stream")}
    return transport.call("POST", "/upload", files=sent, data=form, params=params, headers=headers)


def text(value: Any) -> str:
    """Return the value of a form field: true and false in lower case, lists and dictionaries as JSON."""
    return _sendable(value) if isinstance(value, str) else json.dumps(value)


@contextmanager
def opened(file: File, name: str | None) -> Iterator[Sendable]:
    """Yield a file under this name, or its own."""
    with _content(file) as content:
        size = content.seek(0, os.SEEK_END)
        content.seek(0)
        yield Sendable(_sendable(name or _name(file)), content, size)


@contextmanager
def _content(file: File) -> Iterator[BinaryIO]:
    """Yield a file that httpx can read more than once: it begins at 0 each time."""
    if isinstance(file, bytes):
        yield io.BytesIO(file)
    elif isinstance(file, str | os.PathLike):
        with cannot_read(Path(file)):
            opened = Path(file).open("rb")  # noqa: SIM115 (closed below)
        with opened:
            yield opened if opened.seekable() else io.BytesIO(opened.read())
    elif file.seekable() and not file.tell():
        yield file
    else:
        yield io.BytesIO(file.read())


def _name(file: File) -> str:
    if isinstance(file, bytes):
        return DEFAULT_NAME
    if isinstance(file, str | os.PathLike):
        return Path(file).name
    name = getattr(file, "name", None)
    return Path(name).name if isinstance(name, str) and not name.startswith("<") else DEFAULT_NAME


def _sendable(value: str) -> str:
    """Return a text without what is no character: names of files may hold any bytes."""
    return value.encode("utf-8", "replace").decode()
