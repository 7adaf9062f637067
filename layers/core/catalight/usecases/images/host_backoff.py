"""HostBackoff: back off from a throttled host, in this instance at once and in the others soon."""

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
    """Which of the hosts `names` are throttled while a range is processed. Threads may share it.

    A host's own Retry-After counts for at most `longest` seconds.
    """

    def __init__(
        self, shared: Hosts, names: Collection[str], clock: Clock, random: Random, longest: float
    ) -> None:
        self._shared, self._clock, self._random, self._longest = shared, clock, random, longest
        self._at_start = dict(self._read_shared(names)) if names else {}
        self._retry_at: dict[str, datetime] = {}
        self._lock = Lock()
        now = clock()
        for host in self._at_start.values():
            if host.until > now:
                self._back_off(host.name, host.until)

    def retry_at(self, name: str) -> datetime | None:
        """Return when the host may be called again, or None if it may be called now."""
        with self._lock:
            retry_at = self._retry_at.get(name)
        return retry_at if retry_at and retry_at > self._clock() else None

    def throttled(self, name: str, retry_after: float | None) -> None:
        """Record that the host throttled a request, and share it with the other instances.

        Strikes are counted from those known at the start of the range, so the answers to requests that were
        in flight together count as one.
        """
        with self._lock:
            at_start = self._at_start.get(name)
        strikes = at_start.strikes if at_start else 0
        pause = hosts.pause(strikes, retry_after, self._longest, self._random)
        until = self._clock() + timedelta(seconds=pause)
        self._back_off(name, until)
        try:
            self._shared.back_off(name, until, strikes + 1)
        except UnavailableError as error:
            logger.warning("the other instances were not told that a host is throttled: %s", error)

    def recovered(self, name: str) -> None:
        """Record that the host serves images again, so its strikes do not continue."""
        with self._lock:
            at_start = self._at_start.pop(name, None)
        if at_start:
            try:
                self._shared.clear_strikes(name, self._clock())
            except UnavailableError as error:
                logger.warning("the other instances were not told that a host serves again: %s", error)

    def _read_shared(self, names: Collection[str]) -> Mapping[str, Host]:
        try:
            return self._shared.known(names)
        except UnavailableError as error:
            logger.warning("the throttled hosts could not be read: %s", error)
            return {}

    def _back_off(self, name: str, until: datetime) -> None:
        """Back off until shortly after `until`. All images of a range get one time, each range another."""
        retry_at = hosts.back_at(until, self._clock(), self._random)
        with self._lock:
            self._retry_at[name] = max(retry_at, self._retry_at.get(name, retry_at))
