"""How a file reaches the service: the one place that chooses the way. So far there is one, /upload."""

import io
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import httpx

from catalight_cli.files import cannot_read
from catalight_cli.transport import Transport

type File = str | os.PathLike[str] | bytes | BinaryIO
"""A path, the bytes themselves, a file opened in binary mode, or the http(s) URL of a feed."""

DEFAULT_NAME = "products.csv"


def send(
    transport: Transport,
    file: File,
    name: str | None,
    fields: Mapping[str, Any],
    *,
    params: Mapping[str, str],
    headers: Mapping[str, str],
) -> httpx.Response:
    """Send a file with the fields of /upload; return the service's answer.

    Safe to repeat: `headers` has an Idempotency-Key, or `params` say that it is a dry run.
    """
    form = {field: text(value) for field, value in fields.items() if value is not None}
    if isinstance(file, str) and file.startswith(("http://", "https://")):
        parts = [(field, (None, value)) for field, value in (form | {"file_url": file}).items()]
        return transport.call("POST", "/upload", files=parts, params=params, headers=headers)
    with _opened(file) as content:
        sent = {"file": (_sendable(name or _name(file)), content, "application/octet-stream")}
        return transport.call("POST", "/upload", files=sent, data=form, params=params, headers=headers)


def text(value: Any) -> str:
    """Return the value of a form field: true and false in lower case, lists and dictionaries as JSON."""
    return _sendable(value) if isinstance(value, str) else json.dumps(value)


@contextmanager
def _opened(file: File) -> Iterator[BinaryIO]:
    """Yield a file that httpx can read more than once: it begins at 0 each time."""
    if isinstance(file, bytes):
        yield io.BytesIO(file)
    elif isinstance(file, str | os.PathLike):
        with cannot_read(Path(file)):
            opened = Path(file).open("rb")  # noqa: SIM115 (closed below)
        with opened:
            yield opened
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
