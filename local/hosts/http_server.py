"""A small HTTP server on loopback that stops cleanly; its users define the responses."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

NOT_MODIFIED = 304


class Server(ThreadingHTTPServer):
    """Handles each connection in a daemon thread."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnect: workers are killed in the middle of downloads."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def url(self) -> str:
        """Return the server's URL, without a path."""
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """Keeps connections open and does not log to the console."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # sends headers and body in one packet

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        """Log nothing."""

    def answer(
        self,
        status: int,
        body: bytes = b"",
        media_type: str = "text/plain",
        retry_after: int | None = None,
        etag: str | None = None,
    ) -> None:
        """Send a response with its headers and body."""
        self.send_response(status)
        if etag is not None:
            self.send_header("ETag", etag)
        if retry_after is not None:
            self.send_header("Retry-After", str(retry_after))
        if status != NOT_MODIFIED:  # it has the headers of the answer that it stands for, or none
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving(server: Server) -> Iterator[None]:
    """Serve until the block ends."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
