"""The hosts of images, and how long to back off from one that throttles requests.

A host is `name:port` of an image's own URL. Redirect targets are ignored.

A back-off binds the owner whose images met it. The other owners get only its first SHARED_PAUSE seconds: one
owner could otherwise stop another, with a URL that answers `Retry-After: 3600`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from catalight.domain.retries import Random, jitter

TOO_MANY_REQUESTS = 429
THROTTLED = (TOO_MANY_REQUESTS, 503)  # the HTTP statuses by which a host throttles

FIRST_PAUSE = 2.0  # seconds
LONGEST_PAUSE = 300.0  # seconds, if the host does not say how long
MAX_DOUBLINGS = 8  # more would exceed the longest pause
# Seconds. An overload is often over after a few, and no job notices a wait of this length.
SHARED_PAUSE = 10.0


@dataclass(frozen=True, slots=True)
class Host:
    """A throttled host: its `owner` backs off until `until`, for the `strikes`-th time in a row.

    Without an owner it is what all owners share. They share no strikes.
    """

    name: str
    until: datetime
    strikes: int
    owner: str | None = None


def name(url: str) -> str:
    """Return `host:port` of an image's URL, in lower case."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def pause(strikes: int, retry_after: float | None, longest: float, random: Random) -> float:
    """Return the seconds to back off from a host that throttled `strikes` times before.

    If the host says how long, that is used, up to `longest`. If not, or if it says 0, the pause doubles each
    time.
    """
    if retry_after:
        return min(retry_after, longest)
    return min(FIRST_PAUSE * 2.0 ** min(strikes, MAX_DOUBLINGS) * jitter(random), LONGEST_PAUSE)


def shared_until(until: datetime, now: datetime) -> datetime:
    """Return the end of a back-off for those owners who have not met it themselves."""
    return min(until, now + timedelta(seconds=SHARED_PAUSE))


def back_at(until: datetime, now: datetime, random: Random) -> datetime:
    """Return when to call a throttled host again: shortly after `until`, at random, to avoid a burst."""
    spread = max(1.0, (until - now).total_seconds() / 10)
    return until + timedelta(seconds=spread * random())
