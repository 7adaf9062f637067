"""What the functions receive: queued messages, and calls from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from catalight.domain.messages import Message
from tests.fakes import FakeClock


@dataclass(eq=False, slots=True)
class QueuedMessage:
    """A message in a queue or in flight; `receives` is SQS's receive count."""

    queue: str
    message: Message
    visible_at: datetime
    receives: int = 0
    duplicated: bool = False
    late: bool = False
    unstarted: bool = False


@dataclass(eq=False)
class Queue:
    """A queue; `waiting` holds the waiting messages of all queues."""

    name: str
    clock: FakeClock
    waiting: list[QueuedMessage]

    def send(self, messages: Iterable[Message], delay: int = 0, group: str | None = None) -> None:
        visible_at = self.clock() + timedelta(seconds=delay)
        self.waiting += [QueuedMessage(self.name, message, visible_at) for message in messages]


@dataclass(frozen=True, slots=True)
class Call:
    """A call from outside, made once and only when `ready`.

    By default it is made when no message is waiting; a plan may make it earlier.
    """

    name: str
    do: Callable[[], object]
    ready: Callable[[], bool] = lambda: True
