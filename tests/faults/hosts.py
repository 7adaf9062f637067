"""Image hosts and webhook receivers that fail at first."""

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from random import Random
from threading import Event
from urllib.parse import urlsplit

from local.hosts.http_server import Handler, Server, serving
from local.hosts.image_server import DISTINCT, image
from local.hosts.webhook_receiver import WebhookReceiver
from tests.faults import bomb, peers
from tests.faults.injection import Tally

type Workers = Callable[[], list[int]]

WIDTH, HEIGHT = 160, 120
SILENT_SECONDS = 18  # longer than the timeout of a webhook call
STALL_SECONDS = 3  # longer than the harness's FetchSeconds
FAILURES = (
    "stall",
    "reset",
    "reset",
    "cut",
    "cut",
    "429",
    "429 Retry-After",
    "503",
    "503 Retry-After",
    "500",
)
WEBHOOK_FAILURES = ("500", "500", "503", "reset", "reset", "silent")


class HostileServer(Server):
    """`/hostile/{seed}/{n}.jpg` fails once or twice, `/missing/…` is always 404.

    `/bomb/…` is an image that takes too long to decode. The server kills the process that requests
    `/poison/…`, because no image crashes a worker by itself any more.
    """

    def __init__(self, injected: Tally, bomb: bytes, workers: Workers) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.injected = injected
        self.bomb = bomb
        self.workers = workers
        self.closed = Event()
        self.seen = Tally()


class _Handler(Handler):
    server: HostileServer

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        match path.split("/")[1:]:
            case ["good", _, name]:
                self._image(name)
            case ["hostile", _, name]:
                self._hostile(path, name)
            case ["poison", _, _]:
                if peers.kill_at_port(self.client_address[1], self.server.workers(), signal.SIGKILL):
                    self.server.injected.add("host: poison fetched")
                self.close_connection = True
            case ["bomb", _, _]:
                self.server.injected.add("host: bomb fetched")
                self.answer(200, self.server.bomb, "image/jpeg")
            case _:
                self.answer(404)

    def _image(self, name: str) -> None:
        self.answer(200, image(int(name.split(".")[0]) % DISTINCT, WIDTH, HEIGHT), "image/jpeg")

    def _hostile(self, path: str, name: str) -> None:
        times = self.server.seen.add(path)
        chance = Random(path)  # the path contains the seed
        failures = chance.choices(FAILURES, k=chance.choice((1, 1, 2)))
        if times > len(failures):
            self._image(name)
            return
        failure = failures[times - 1]
        self.server.injected.add(f"host: {failure}")
        match failure:
            case "stall":
                self.server.closed.wait(STALL_SECONDS)
                self.close_connection = True
            case "reset":
                self.close_connection = True
            case "cut":
                self._cut(image(0, WIDTH, HEIGHT))
            case _:
                self._status(failure)

    def _cut(self, whole: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(whole)))
        self.end_headers()
        self.wfile.write(whole[: len(whole) // 2])
        self.close_connection = True

    def _status(self, failure: str) -> None:
        status, _, retry_after = failure.partition(" ")
        self.send_response(int(status))
        if retry_after:
            self.send_header(retry_after, "1")
        self.send_header("Content-Length", "0")
        self.end_headers()


@contextmanager
def hostile_hosts(injected: Tally, workers: Workers) -> Iterator[list[str]]:
    """Serve until the block ends; yield the URLs of three hosts, one of them with a name.

    `workers` returns the processes that are killed when they request `/poison/…`.
    """
    bomb_image = bomb.draw()
    with ExitStack() as stack:
        servers = [HostileServer(injected, bomb_image, workers) for _ in range(3)]
        for server in servers:
            stack.enter_context(serving(server))
            stack.callback(server.closed.set)
        first, second, third = servers
        yield [first.url, second.url, third.url.replace("127.0.0.1", "localhost")]


class HostileReceiver(WebhookReceiver):
    """A webhook receiver that accepts a call only after its `planned` failures."""

    def __init__(self, secret: str, injected: Tally) -> None:
        super().__init__(secret)
        self.injected = injected
        self.planned: list[str] = []
        self.closed = Event()

    def refuses(self, call: Handler) -> bool:
        """Fail as planned; return False after the last planned failure."""
        if not self.planned:
            return False
        failure = self.planned.pop(0)
        self.injected.add(f"webhook: {failure}")
        if failure.isdigit():
            call.answer(int(failure))
            return True
        self.closed.wait(SILENT_SECONDS if failure == "silent" else 0)
        call.close_connection = True  # without a response
        return True


@contextmanager
def hostile_receiver(secret: str, injected: Tally) -> Iterator[HostileReceiver]:
    """Receive webhooks until the block ends."""
    server = HostileReceiver(secret, injected)
    with serving(server):
        try:
            yield server
        finally:
            server.closed.set()
