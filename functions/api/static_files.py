"""Files for browsers, whose addresses hold a digest of all files of their kind.

So browsers keep them until the next deployment, and never mix two.
"""

from collections.abc import Callable, Mapping
from functools import cache, cached_property
from gzip import compress
from hashlib import sha256
from pathlib import Path

from fastapi import Request, Response
from starlette.exceptions import HTTPException

TYPES = {".css": "text/css", ".csv": "text/csv", ".js": "text/javascript"}


class StaticFiles:
    """Files by name; `read` is called when the first of them is asked for, so that it costs no cold start."""

    def __init__(self, read: Callable[[], Mapping[str, bytes]]) -> None:
        self._read = read
        self._compressed = cache(self._compress)

    @cached_property
    def files(self) -> Mapping[str, bytes]:
        """Return the files."""
        return self._read()

    @cached_property
    def version(self) -> str:
        """Return a digest of all files."""
        digest = sha256()
        for name, data in self.files.items():
            digest.update(name.encode() + b"\0" + data + b"\0")
        return digest.hexdigest()[:16]

    def answer(self, request: Request, version: str, name: str) -> Response:
        """Return a file, packed with gzip if the client takes that. Raise HTTPException if there is none.

        Browsers keep it for a year if it is of this version.
        """
        data, kind = self.files.get(name), TYPES.get(Path(name).suffix)
        if data is None or kind is None:
            raise HTTPException(404)
        kept = "public, max-age=31536000, immutable" if version == self.version else "no-store"
        headers = {"Cache-Control": kept, "Vary": "Accept-Encoding"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            data, headers["Content-Encoding"] = self._compressed(name), "gzip"
        return Response(data, media_type=f"{kind}; charset=utf-8", headers=headers)

    def _compress(self, name: str) -> bytes:
        return compress(self.files[name], 6, mtime=0)
