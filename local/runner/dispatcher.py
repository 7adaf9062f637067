"""Invokes functions for the queues, for the schedules, and on request."""

import logging
import threading
from pathlib import Path
from typing import Any

from local.runner.functions import InvocationError, LocalFunction
from local.runner.poller import Poller, Throttled, never
from local.runner.schedules import Schedule, Scheduler
from local.runner.stack import Stack

logger = logging.getLogger(__name__)


class Dispatcher:
    """Runs the functions of a stack, with at most `at_once` invocations at once."""

    def __init__(self, at_once: int, throttled: Throttled = never) -> None:
        self._at_once = at_once
        self._throttled = throttled
        self._functions: dict[str, LocalFunction] = {}
        self._pollers: list[Poller] = []
        self._scheduler: Scheduler | None = None

    def start(
        self,
        stack: Stack,
        endpoint_url: str,
        functions_endpoint_url: str,
        folder: Path,
        *,
        scheduled_at_once: bool = False,
    ) -> None:
        """Start the pollers and the schedules; a worker process starts when its function is first invoked.

        Schedules are first due after their period, or at once.

        The functions get an AWS endpoint of their own; the pollers, which act as AWS, use moto's directly.
        """
        slots = threading.Semaphore(self._at_once)
        self._functions = {
            function.arn: LocalFunction(function, functions_endpoint_url, folder, slots)
            for function in stack.functions.values()
        }
        for source in stack.event_sources:
            function = self._functions[source.function_arn]
            poller = Poller(source, function, endpoint_url, self._at_once, self._throttled)
            self._pollers.append(poller)
            poller.start()
        self._scheduler = Scheduler(stack.schedules, self._invoke_scheduled, at_once=scheduled_at_once)
        self._scheduler.start()

    def invoke(self, arn: str, event: Any) -> Any:
        """Invoke a function and return its result; raise InvocationError if it fails."""
        return self._functions[arn].invoke(event)

    def workers(self, arn: str) -> list[int]:
        """Return the ids of the processes that run a function now."""
        return self._functions[arn].workers()

    def check(self) -> None:
        """Raise LocalError if a poller has failed."""
        for poller in self._pollers:
            poller.check()

    def stop(self) -> None:
        """Stop the workers; the pollers' threads end only when moto ends their long polls."""
        for poller in self._pollers:
            poller.stop()
        if self._scheduler:
            self._scheduler.stop()
        for function in self._functions.values():
            function.close()

    def join(self) -> None:
        """Wait until all threads have ended."""
        for poller in self._pollers:
            poller.join()
        if self._scheduler:
            self._scheduler.join()

    def _invoke_scheduled(self, schedule: Schedule) -> None:
        function = self._functions[schedule.function_arn]
        try:
            function.invoke(schedule.event())
        except InvocationError as error:
            logger.warning("%s: %s, see %s", schedule.name, error, function.log)
