"""What comes to the functions: messages, and calls from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from catalight.domain.messages import Message
from tests.fakes import FakeClock


@dataclass(eq=False, slots=True)
class Letter:
    """A message on its way; `receives` is SQS's receive count."""

    queue: str
    message: Message
    visible_at: datetime
    receives: int = 0
    doubled: bool = False
    late: bool = False


@dataclass(eq=False)
class Letterbox:
    """A queue: what is sent lies among all letters that wait."""

    name: str
    clock: FakeClock
    letters: list[Letter]

    def send(self, messages: Iterable[Message], delay: int = 0) -> None:
        visible_at = self.clock() + timedelta(seconds=delay)
        self.letters += [Letter(self.name, message, visible_at) for message in messages]


@dataclass(frozen=True, slots=True)
class Call:
    """Something from outside, done once, when `ready`: by default only when no message waits.

    It may come at any earlier point too.
    """

    name: str
    do: Callable[[], object]
    ready: Callable[[], bool] = lambda: True
