"""HTTP servers in front of moto that forward calls to it."""

from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

from local.hosts.http_server import Handler, Server

type Headers = list[tuple[str, str]]
type Answer = tuple[int, Headers, bytes]

_NOT_FORWARDED = ("connection", "content-length", "expect", "transfer-encoding")


class Front(Server):
    """A server in front of the moto server at a URL."""

    def __init__(self, moto_url: str, handler: type["Forwarder"]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.moto = urlsplit(moto_url).netloc


class Forwarder(Handler):
    """Reads a whole request; subclasses decide in `serve` what to do with it."""

    server: Front

    def serve(self, body: bytes) -> None:
        """Answer a request with this body."""
        raise NotImplementedError

    def handle_expect_100(self) -> bool:
        """Send "100 Continue" immediately; unflushed, it would stay in the buffer until the response."""
        proceed = super().handle_expect_100()
        self.wfile.flush()
        return proceed

    def handle_one_request(self) -> None:
        """Read one request of a connection, whatever its method."""
        self.raw_requestline = self.rfile.readline()
        if self.raw_requestline and self.parse_request():
            self.serve(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            self.wfile.flush()
        else:
            self.close_connection = True

    def pass_on(self, body: bytes) -> Answer:
        """Forward the request with this body to moto, and return moto's response."""
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _NOT_FORWARDED}
        with closing(HTTPConnection(self.server.moto, timeout=60)) as moto:
            moto.request(self.command, self.path, body, headers)
            answer = moto.getresponse()
            return answer.status, answer.getheaders(), answer.read()

    def give(self, status: int, headers: Headers, body: bytes) -> None:
        """Send a response unchanged."""
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in _NOT_FORWARDED:
                self.send_header(name, value)
        length = dict(headers).get("Content-Length", "0") if self.command == "HEAD" else len(body)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)
