"""Calls the API: repeats what may be repeated, with growing pauses, and turns what fails into errors.

Repeated are answers 429, 502, 503 and 504, API Gateway's own 500, and requests whose connection was lost. A
request that is not safe to repeat is only repeated if it was certainly not carried out: after a 429, or if
there was no connection at all.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from catalight_cli import errors
from catalight_cli.errors import CatalightError, NoServiceError, NotCatalightError

FIRST_PAUSE = 1.0  # seconds
LONGEST_PAUSE = 30.0
FIRST_CONTACT_ATTEMPTS = 3  # of a service that has never answered: it is probably not running
WATCH_PATIENCE = 900.0  # seconds: while something is watched that goes on by itself
TIMEOUT = httpx.Timeout(60, connect=10)  # API Gateway answers within 30 s
NOTHING_DONE = (httpx.ConnectError, httpx.ConnectTimeout)
TEMPORARY = (429, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Pause:
    """The client waits before it repeats a request."""

    reason: str
    seconds: float


def no_notice(_: Pause) -> None:
    """Tell nobody."""


class Backoff:
    """The pauses between the attempts of one request, until `patience` seconds have passed."""

    def __init__(self, patience: float, clock: Callable[[], float]) -> None:
        """Begin the time of patience now."""
        self.attempts = 1
        self._clock = clock
        self._deadline = clock() + patience

    def next(self, wanted: float | None, most_attempts: int | None = None) -> float | None:
        """Return the seconds to wait before the next attempt; None if there is to be none.

        `wanted` is what the service asked for. Without it each pause is about twice as long as the last one.
        """
        doubled = min(FIRST_PAUSE * 2 ** (self.attempts - 1), LONGEST_PAUSE)
        pause = wanted if wanted is not None else doubled * random.uniform(0.5, 1)  # noqa: S311
        self.attempts += 1
        if self._clock() + pause > self._deadline or self.attempts > (most_attempts or self.attempts):
            return None
        return pause


class Transport:
    """The connection to one service, with one key."""

    def __init__(
        self,
        url: str,
        api_key: str | None = None,
        patience: float = 60.0,
        on_pause: Callable[[Pause], None] = no_notice,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare calls of the API at `url`; nothing is sent yet."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise CatalightError(f"The service's URL is {url!r}, which does not begin with http(s)://HOST.")
        self.url = url.rstrip("/")
        self.patience = patience
        self.on_pause = on_pause
        self.sleep = sleep
        self.clock = clock
        headers = {"User-Agent": "catalight-cli", "Accept": "application/json"}
        key = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        trusted = httpx.create_ssl_context()  # slow to make, so both have the same one
        self._api = httpx.Client(headers=headers | key, timeout=TIMEOUT, verify=trusted)
        # Presigned links are fetched without the key: S3 refuses two kinds of credentials.
        as_stored = {"User-Agent": "catalight-cli", "Accept-Encoding": "identity"}
        self.plain = httpx.Client(headers=as_stored, timeout=TIMEOUT, verify=trusted)
        self._has_answered = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._api.close()
        self.plain.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        repeatable: bool = True,
        patience: float | None = None,
        **sent: Any,
    ) -> httpx.Response:
        """Send a request until it succeeds; raise CatalightError if it does not.

        `patience` is for how many seconds it is repeated.
        """
        backoff = Backoff(self.patience if patience is None else patience, self.clock)
        while True:
            try:
                answer = self._api.request(method, self.url + path, **sent)
            except httpx.TransportError as error:
                failure: CatalightError = NoServiceError(self.url, reason(error))
                may_repeat = repeatable or isinstance(error, NOTHING_DONE)
            else:
                self._has_answered = True
                if answer.is_success:
                    return answer
                failure = errors.of_answer(answer, self.url)
                may_repeat = _is_temporary(answer) and (repeatable or answer.status_code == 429)
            failure.attempts = backoff.attempts
            if not may_repeat:
                raise failure
            self.pause(backoff, failure)

    def document(self, answer: httpx.Response) -> dict[str, Any]:
        """Return the JSON object of an answer; raise NotCatalightError if it has none."""
        try:
            body = answer.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise NotCatalightError(self.url, "its answers are not JSON")
        return body

    def pause(self, backoff: Backoff, failure: CatalightError) -> None:
        """Wait before the next attempt; raise the failure if there is to be none."""
        most = None if self._has_answered else FIRST_CONTACT_ATTEMPTS
        seconds = backoff.next(failure.retry_after, most)
        if seconds is None:
            raise failure
        self.on_pause(Pause(str(failure), seconds))
        self.sleep(seconds)


def reason(error: httpx.TransportError) -> str:
    """Return in words why there was no answer."""
    if isinstance(error, httpx.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    if isinstance(error, httpx.ConnectError):
        return str(error).partition("] ")[2].rstrip(".") or "no connection"
    return "the connection was lost"


def _is_temporary(answer: httpx.Response) -> bool:
    """Return whether the same request may succeed later.

    A limit without Retry-After is one that waiting does not help: a file larger than a whole day's limit. A
    500 that is no problem comes from API Gateway, and may be repeated (docs/contract.md).
    """
    own = errors.is_problem(answer)
    if answer.status_code == 429:
        return not own or errors.retry_after(answer) is not None
    return answer.status_code in TEMPORARY or (answer.status_code == 500 and not own)
