"""HostBackoff: back off from a throttled host, in this instance at once and in the others soon."""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from threading import Lock

from catalight.domain.errors import UnavailableError
from catalight.domain.facts import HostBackedOff
from catalight.domain.retries import Random
from catalight.domain.web import hosts
from catalight.domain.web.hosts import Host
from catalight.usecases.ports import Clock, Hosts, Report

WORTH_A_WRITE = timedelta(seconds=1)  # an answer of the same burst that asks for hardly more is not stored

logger = logging.getLogger(__name__)


class HostBackoff:
    """Which of the hosts `names` are throttled while a range of `owner` is processed. Threads may share it.

    The owner's own backoffs hold in full, but a Retry-After for at most `longest` seconds. Those of other
    owners hold for `hosts.SHARED_PAUSE` seconds, and only for images that have not waited for their host yet.
    So however often others renew them, an image waits for them once. Strikes are the owner's own.
    """

    def __init__(
        self,
        shared: Hosts,
        owner: str,
        names: Collection[str],
        clock: Clock,
        random: Random,
        longest: float,
        report: Report,
    ) -> None:
        self._shared, self._owner, self._clock, self._random = shared, owner, clock, random
        self._longest, self._report = longest, report
        self._strikes: dict[str, int] = {}  # as they were at the start of the range
        self._until: dict[str, datetime] = {}  # what is stored for the owner
        self._retry_at: dict[str, datetime] = {}
        self._others_retry_at: dict[str, datetime] = {}
        self._lock = Lock()
        now = clock()
        for host in self._read_shared(names) if names else ():
            if host.owner is not None:
                self._strikes[host.name] = host.strikes
            if host.until > now:
                self._start_with(host, now)

    def retry_at(self, name: str, *, waited: bool) -> datetime | None:
        """Return when the host may be called again, or None if it may be called now.

        `waited` says whether the image has waited for the host before.
        """
        now = self._clock()
        with self._lock:
            known = [self._retry_at.get(name), None if waited else self._others_retry_at.get(name)]
        return max((retry_at for retry_at in known if retry_at and retry_at > now), default=None)

    def throttled(self, name: str, retry_after: float | None) -> None:
        """Record that the host throttled a request, and share it with the other instances.

        Strikes are counted from those known at the start of the range, so the answers to requests that were
        in flight together count as one.
        """
        with self._lock:
            strikes = self._strikes.get(name, 0)
        pause = hosts.pause(strikes, retry_after, self._longest, self._random)
        now = self._clock()
        until = now + timedelta(seconds=pause)
        if not self._extend(name, until):
            return
        self._report(HostBackedOff.of(name, strikes + 1, pause))
        own = Host(name, until, strikes + 1, self._owner)
        try:
            self._shared.back_off([own, Host(name, hosts.shared_until(until, now), 1)])
        except UnavailableError as error:
            logger.warning("the other instances were not told that a host is throttled: %s", error)

    def recovered(self, name: str) -> None:
        """Record that the host serves images again, so its strikes do not continue."""
        with self._lock:
            strikes = self._strikes.pop(name, None)
        if strikes is not None:
            try:
                self._shared.clear_strikes(name, self._owner, self._clock())
            except UnavailableError as error:
                logger.warning("the other instances were not told that a host serves again: %s", error)

    def _read_shared(self, names: Collection[str]) -> Sequence[Host]:
        try:
            return self._shared.known(names, self._owner)
        except UnavailableError as error:
            logger.warning("the throttled hosts could not be read: %s", error)
            return []

    def _start_with(self, host: Host, now: datetime) -> None:
        if host.owner is not None:
            self._extend(host.name, host.until)
        else:
            until = hosts.shared_until(host.until, now)
            self._others_retry_at[host.name] = hosts.back_at(until, now, self._random)

    def _extend(self, name: str, until: datetime) -> bool:
        """Back off until shortly after `until`; return whether that is worth storing.

        All images of a range get one time, each range another.
        """
        retry_at = hosts.back_at(until, self._clock(), self._random)
        with self._lock:
            self._retry_at[name] = max(retry_at, self._retry_at.get(name, retry_at))
            stored = self._until.get(name)
            if stored and until < stored + WORTH_A_WRITE:
                return False
            self._until[name] = until
            return True
