"""What stands before moto and passes calls on to it."""

from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

from local.hosts.http_server import Handler, Server

type Headers = list[tuple[str, str]]
type Answer = tuple[int, Headers, bytes]

_OURS = ("connection", "content-length", "expect", "transfer-encoding")


class Front(Server):
    """A server before the moto at a URL."""

    def __init__(self, moto_url: str, handler: type["Forwarder"]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.moto = urlsplit(moto_url).netloc


class Forwarder(Handler):
    """Reads a call whole; what becomes of it is for `serve` to say."""

    server: Front

    def serve(self, body: bytes) -> None:
        """Answer a call."""
        raise NotImplementedError

    def handle_expect_100(self) -> bool:
        """Say at once that the body may come; it would wait in the buffer for the answer."""
        go_on = super().handle_expect_100()
        self.wfile.flush()
        return go_on

    def handle_one_request(self) -> None:
        """Read one call of a connection, whatever its method."""
        self.raw_requestline = self.rfile.readline()
        if self.raw_requestline and self.parse_request():
            self.serve(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            self.wfile.flush()
        else:
            self.close_connection = True

    def pass_on(self, body: bytes) -> Answer:
        """What moto answers to the call, with this body."""
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _OURS}
        with closing(HTTPConnection(self.server.moto, timeout=60)) as moto:
            moto.request(self.command, self.path, body, headers)
            answer = moto.getresponse()
            return answer.status, answer.getheaders(), answer.read()

    def give(self, status: int, headers: Headers, body: bytes) -> None:
        """Send an answer as it came."""
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in _OURS:
                self.send_header(name, value)
        told = dict(headers).get("Content-Length", "0") if self.command == "HEAD" else len(body)
        self.send_header("Content-Length", str(told))
        self.end_headers()
        self.wfile.write(body)
