"""A client that does not give up: submits a catalogue until it is accepted, then watches its job."""

from threading import Event, Thread
from typing import Any
from uuid import uuid4

import requests

ENDED_STATES = ("COMPLETED", "FAILED", "CANCELLED")
RETRYABLE = (409, 503)
SUBMIT_TIMEOUT = 30  # seconds
PAUSE = 0.2


class PersistentClient(Thread):
    """Records the job's id, each state in turn, and responses that no client should get."""

    retryable: tuple[int, ...] = RETRYABLE

    def __init__(self, url: str, data: bytes, fields: dict[str, str], token: str = "") -> None:
        super().__init__(daemon=True)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.request_id: str | None = None
        self.states: list[str] = []
        self.complaints: list[str] = []
        self.last: dict[str, Any] = {}
        self._url = url
        self._data = data
        self._fields = fields
        self._key = {"Idempotency-Key": str(uuid4())}
        self._stopping = Event()

    def run(self) -> None:
        """Submit, then poll until `stop`, also after the end: a job that has ended must stay so."""
        while self.request_id is None and not self._stopping.is_set():
            self._submit()
            self._stopping.wait(PAUSE)
        while not self._stopping.wait(PAUSE):
            self._poll()

    def stop(self) -> None:
        """Stop after the current request."""
        self._stopping.set()
        self.join()

    @property
    def ended(self) -> bool:
        """Whether the job was last seen ended, with its webhook delivered or given up."""
        webhook = self.last.get("webhook") or {}
        return self.last.get("status") in ENDED_STATES and webhook.get("state") != "PENDING"

    def _submit(self) -> None:
        answer = self._call(
            "post",
            "/upload",
            files={"file": ("products.csv", self._data, "text/csv")},
            data=self._fields,
            headers=self._key,
        )
        if answer:
            self.request_id = answer["request_id"]

    def insist(self, method: str, path: str, accepted: tuple[int, ...] = ()) -> None:
        """Repeat a request until it succeeds, or has one of these statuses."""
        while not self._stopping.is_set() and self._call(method, path, accepted) is None:
            self._stopping.wait(PAUSE)

    def _poll(self) -> None:
        if answer := self._call("get", f"/status/{self.request_id}"):
            self.last = answer
            if self.states[-1:] != [answer["status"]]:
                self.states.append(answer["status"])

    def _call(
        self, method: str, path: str, accepted: tuple[int, ...] = (), **options: Any
    ) -> dict[str, Any] | None:
        """Return the response body, or None if the request has to be repeated."""
        headers = {**self.headers, **options.pop("headers", {})}
        options.setdefault("timeout", SUBMIT_TIMEOUT)
        try:
            answer = requests.request(method, self._url + path, headers=headers, **options)
        except requests.RequestException:  # the API was killed, or is not up again yet
            return None
        if answer.ok or answer.status_code in accepted:
            body: dict[str, Any] = answer.json() if answer.content else {}
            return body
        if answer.status_code not in self.retryable:
            self.complaints.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        return None
