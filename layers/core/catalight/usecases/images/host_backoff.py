"""HostBackoff: a host that had enough is left alone, by this instance at once and by the others soon."""

import logging
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from threading import Lock

from catalight.domain.errors import UnavailableError
from catalight.domain.retries import Random
from catalight.domain.web import hosts
from catalight.domain.web.hosts import Host
from catalight.usecases.ports import Clock, Hosts

logger = logging.getLogger(__name__)


class HostBackoff:
    """Which of the hosts `names` are to be left alone while a range is worked on; safe to share by threads.

    None is left alone longer than `longest` seconds, whatever it asks for.
    """

    def __init__(
        self, shared: Hosts, names: Collection[str], clock: Clock, random: Random, longest: float
    ) -> None:
        self._shared, self._clock, self._random, self._longest = shared, clock, random, longest
        self._before = dict(self._known(names)) if names else {}
        self._back: dict[str, datetime] = {}
        self._lock = Lock()
        now = clock()
        for host in self._before.values():
            if host.until > now:
                self._back_off(host.name, host.until)

    def back_at(self, name: str) -> datetime | None:
        """When to come back to the host, or None where it may be asked now."""
        with self._lock:
            back = self._back.get(name)
        return back if back and back > self._clock() else None

    def throttled(self, name: str, retry_after: float | None) -> None:
        """Take note of a refusal, and tell the others.

        A strike counts what was known when the range began: answers to requests that were on their way
        together are one.
        """
        with self._lock:
            before = self._before.get(name)
        strikes = before.strikes if before else 0
        pause = hosts.pause(strikes, retry_after, self._longest, self._random)
        until = self._clock() + timedelta(seconds=pause)
        self._back_off(name, until)
        try:
            self._shared.rest(name, until, strikes + 1)
        except UnavailableError as error:
            logger.warning("a host had enough, and the other instances do not know: %s", error)

    def recovered(self, name: str) -> None:
        """Take note that the host gives pictures again: its strikes were not in a row."""
        with self._lock:
            before = self._before.pop(name, None)
        if before:
            try:
                self._shared.forgive(name, self._clock())
            except UnavailableError as error:
                logger.warning("a host serves again, and the other instances do not know: %s", error)

    def _known(self, names: Collection[str]) -> Mapping[str, Host]:
        try:
            return self._shared.known(names)
        except UnavailableError as error:
            logger.warning("which hosts had enough is not known: %s", error)
            return {}

    def _back_off(self, name: str, until: datetime) -> None:
        """Until then, and a little longer: one moment for all images of a range, another for each range."""
        back = hosts.back_at(until, self._clock(), self._random)
        with self._lock:
            self._back[name] = max(back, self._back.get(name, back))
