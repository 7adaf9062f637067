"""A server of product images, good and bad, for the demo, the tests and the benchmarks.

| path | response |
|---|---|
| `/{n}.jpg` | image n |
| `/catalogue.csv` | a catalogue with images 1 and 2 |
| `/busy/{name}` | 503 the first time, then an image |
| `/resting/{name}` | 503 with `Retry-After: 3600` |
| `/missing/{name}` | 404 |
| `/later/{name}` | 404 until `fixed` is set, then an image |
| `/late/{name}` | an image, after 0.7 s |
| `/held/{name}` | an image, once `fixed` is set; 503 after 60 s without |
| `/forbidden/{name}` | 403 |
| `/text/{name}` | 200 with an HTML page |
| `/cut/{name}` | a JPEG that ends half-way |
| `/slow/{name}` | no response until the server is closed |

Images have strong ETags, and a request with the ETag that an image has in If-None-Match is answered with 304.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Event, Lock
from urllib.parse import urlsplit

from local.hosts.http_server import NOT_MODIFIED, Handler, Server, serving
from local.hosts.images import draw

HELD_SECONDS = 60
LATE_SECONDS = 0.7
DISTINCT = 24  # images that are drawn; higher numbers repeat them


@cache
def image(number: int, width: int = 1200, height: int = 900) -> bytes:
    """Return image `number` as a JPEG."""
    return draw(number % DISTINCT, width, height)


class ImageServer(Server):
    """Serves the images, and counts the requests for each path in `requests`, and those answered with 304.

    `replaced` maps a path to the number of the image that is there now.
    """

    def __init__(self, width: int = 1200, height: int = 900) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.size = (width, height)
        self.closed = Event()
        self.fixed = Event()
        self.requests: dict[str, int] = {}
        self.unchanged: dict[str, int] = {}
        self.replaced: dict[str, int] = {}
        self._lock = Lock()

    def count(self, path: str) -> int:
        """Count a request; return the number of requests for the path so far."""
        return self._count(self.requests, path)

    def count_unchanged(self, path: str) -> None:
        """Count a request that is answered with 304."""
        self._count(self.unchanged, path)

    def _count(self, counts: dict[str, int], path: str) -> int:
        with self._lock:
            counts[path] = counts.get(path, 0) + 1
            return counts[path]


class _Handler(Handler):
    server: ImageServer

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        seen = self.server.count(path)
        match path.split("/")[1:]:
            case ["busy", _] if seen == 1:
                self.answer(503)
            case ["later", _] if not self.server.fixed.is_set():
                self.answer(404)
            case ["resting", _]:
                self.answer(503, retry_after=3600)
            case ["forbidden", _]:
                self.answer(403)
            case ["text", _]:
                self.answer(200, b"<html>This is not an image.</html>", "text/html")
            case ["cut", _]:
                whole = self._image(0)
                self.answer(200, whole[: len(whole) // 2], "image/jpeg")
            case ["slow", _]:
                self.server.closed.wait()
                self.close_connection = True
            case ["held", _] if not self.server.fixed.wait(HELD_SECONDS):
                self.answer(503)
            case [name] | ["busy" | "later" | "late" | "held", name]:
                self._answer_unless_known(path, *self._named(path, name))
            case _:
                self.answer(404)

    def _answer_unless_known(self, path: str, body: bytes, media_type: str) -> None:
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        if self.headers.get("If-None-Match") == etag:
            self.server.count_unchanged(path)
            self.answer(NOT_MODIFIED, etag=etag)
        else:
            self.answer(200, body, media_type, etag=etag)

    def _named(self, path: str, name: str) -> tuple[bytes, str]:
        if path.startswith("/late/"):
            self.server.closed.wait(LATE_SECONDS)
        if path in self.server.replaced:
            return self._image(self.server.replaced[path]), "image/jpeg"
        if name == "catalogue.csv":
            rows = (f"{number},Product {number},{self.server.url}/{number}.jpg" for number in (1, 2))
            return "\r\n".join(("Serial Number,Product Name,Input Image Urls", *rows)).encode(), "text/csv"
        stem = name.split(".", 1)[0]
        return self._image(int(stem) if stem.isdigit() else 0), "image/jpeg"

    def _image(self, number: int) -> bytes:
        return image(number % DISTINCT, *self.server.size)


@contextmanager
def image_server(width: int = 1200, height: int = 900) -> Iterator[ImageServer]:
    """Serve images of this size until the block ends."""
    server = ImageServer(width, height)
    with serving(server):
        try:
            yield server
        finally:
            server.closed.set()
