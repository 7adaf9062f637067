"""A service on loopback that answers by a script, and a client whose pauses are noted and not waited for."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from catalight_cli import Client, Pause
from local.hosts.http_server import Handler, Server, serving

ID = "0b7e6c1e-5a0f-4f0c-9f5e-3f1f0a6d2b11"
PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Reply:
    """An answer. `cut`: the connection ends after so many bytes of the body; `silent`: without an answer."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    silent: bool = False


@dataclass(frozen=True)
class Seen:
    """A request that arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


LOST = Reply(silent=True)


def problem(status: int, code: str, retry_after: int | None = None, **extra: Any) -> Reply:
    """A problem as the API sends it."""
    body = {
        "type": f"urn:catalight:problem:{code}",
        "title": code.title(),
        "status": status,
        "detail": "Why.",
    }
    headers = {"Content-Type": PROBLEM}
    return Reply(status, body | extra, headers | ({"Retry-After": str(retry_after)} if retry_after else {}))


def a_status(state: str = "COMPLETED", done: int = 2, failed: int = 0, total: int = 2) -> dict[str, Any]:
    """A job's status as the API sends it."""
    return {
        "request_id": ID,
        "status": state,
        "run": 1,
        "file_name": "products.csv",
        "rows": total,
        "images": {"total": total, "done": done, "failed": failed},
        "renditions": [""],
        "duplicates": 0,
        "errors": {"not_found": failed} if failed else {},
        "bytes": {"in": 1000 * done, "out": 250 * done},
        "milliseconds": {},
        "created_at": "2026-11-29T10:00:00Z",
        "started_at": "2026-11-29T10:00:01Z",
        "finished_at": "2026-11-29T10:01:05Z" if state == "COMPLETED" else None,
        "expires_at": "2026-12-29T10:00:00Z",
        "webhook": None,
        "links": {},
    }


class Service(Server):
    """Answers with `replies`, one after the other; the last one stays."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies: list[Reply] = []
        self.seen: list[Seen] = []

    def say(self, *replies: Reply) -> None:
        """Set the answers to the next requests."""
        self.replies = list(replies)


class _Handler(Handler):
    server: Service

    def _reply(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append(Seen(self.command, self.path, dict(self.headers), body))
        replies = self.server.replies
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if reply.silent:
            self._hang_up()
            return
        content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(content))}
        for name, value in (headers | dict(reply.headers)).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content[: reply.cut])
        if reply.cut is not None:
            self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)

    do_GET = do_POST = do_DELETE = _reply  # noqa: N815 (the base class's names)


@contextmanager
def a_service() -> Iterator[Service]:
    """Serve until the block ends."""
    server = Service()
    with serving(server):
        yield server


class Time:
    """A clock that goes on only while the client sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Watched(Client):
    """A client whose pauses are noted."""

    def __init__(self, url: str, key: str | None = None, patience: float = 60) -> None:
        self.time = Time()
        self.pauses: list[Pause] = []
        super().__init__(
            url,
            key,
            patience=patience,
            on_pause=self.pauses.append,
            sleep=self.time.sleep,
            clock=self.time.clock,
        )
