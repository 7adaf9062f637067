"""A throttled Lambda: it receives messages and starts no function for them, and SQS counts the receives."""

import json
from collections.abc import Sequence
from threading import Lock

from local.runner.poller import Message
from tests.faults.injection import Injector, Tally

SHARES = {"1": 0.1, "2": 0.1, "3": 0.05}
"""The shares of messages whose first 1, 2 or 3 receives start no function. Of 5, 2 are left for crashes."""


class Throttling:
    """Decides for each message how many receives start no function; none if it first comes while not `on`."""

    def __init__(self, injected: Tally) -> None:
        self.injected = injected
        self.injector = Injector(0)
        self.on = False
        self._left: dict[str, int] = {}
        self._lock = Lock()

    def __call__(self, queue: str, messages: Sequence[Message]) -> bool:
        """Return whether the function is not started for these messages, of which there is one at a time."""
        [message] = messages
        with self._lock:
            left = self._left.setdefault(message["MessageId"], self._draw(queue, message))
            self._left[message["MessageId"]] = max(0, left - 1)
        return left > 0

    def _draw(self, queue: str, message: Message) -> int:
        if not self.on or message["Attributes"]["ApproximateReceiveCount"] != "1":
            return 0
        fields = json.loads(message["Body"]) | {"job_id": None}  # a seed fixes the rest of the message
        receives = self.injector.draw(f"{queue.split('-')[1]} {fields}", SHARES)
        if receives:
            self.injected.add(f"lambda not started at {receives} receives")
        return int(receives or 0)
