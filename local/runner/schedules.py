"""Invokes functions at the rates of their schedules, which moto does not."""

import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from local.runner import aws
from local.runner.errors import LocalError

RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


@dataclass(frozen=True)
class Schedule:
    """A schedule that invokes a function every `period` seconds; the default event is EventBridge's."""

    name: str
    period: int
    function_arn: str
    payload: Any = None

    def event(self) -> Any:
        """Return the event of one invocation."""
        if self.payload is not None:
            return self.payload
        return {
            "version": "0",
            "id": str(uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": aws.ACCOUNT,
            "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": aws.REGION,
            "resources": [f"arn:aws:scheduler:{aws.REGION}:{aws.ACCOUNT}:schedule/default/{self.name}"],
            "detail": "{}",
        }


def period(name: str, expression: str) -> int:
    """Return the seconds between two invocations of a rate(...) expression; raise LocalError for others."""
    if match := RATE.fullmatch(expression):
        return int(match[1]) * SECONDS[match[2]]
    raise LocalError(f"{name}: the local runner supports schedules like rate(5 minutes), not {expression!r}.")


class Scheduler(threading.Thread):
    """Invokes the functions of schedules that are due, first at once or one period after the start.

    A schedule that comes due while an invocation runs is invoked once, when that invocation has ended.
    """

    def __init__(
        self,
        schedules: Iterable[Schedule],
        invoke: Callable[[Schedule], None],
        clock: Callable[[], float] = time.monotonic,
        *,
        at_once: bool = False,
    ) -> None:
        super().__init__(name="scheduler", daemon=True)
        self._invoke = invoke
        self._clock = clock
        self._stopping = threading.Event()
        self._due = [(clock() + schedule.period * (not at_once), schedule) for schedule in schedules]

    def run(self) -> None:
        """Invoke functions until `stop` is called."""
        while self._due:
            soonest = min(due for due, _ in self._due)
            if self._stopping.wait(soonest - self._clock()):
                return
            self.invoke_due()

    def invoke_due(self) -> None:
        """Invoke every function that is due now."""
        now = self._clock()
        for index, (due, schedule) in enumerate(self._due):
            if due <= now:
                self._due[index] = (now + schedule.period, schedule)
                self._invoke(schedule)

    def stop(self) -> None:
        """Tell the thread to end after the running invocation."""
        self._stopping.set()
