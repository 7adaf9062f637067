"""Hosts of pictures, and how long one that has had enough is left alone.

A host is `name:port` of an image's own URL. Where it redirects to is not looked at.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from catalight.domain.retries import Random, jitter

TOO_MANY_REQUESTS = 429
THROTTLED = (TOO_MANY_REQUESTS, 503)  # the statuses by which a host says so

FIRST_PAUSE = 2.0  # seconds
LONGEST_PAUSE = 300.0  # seconds, where the host names none
DOUBLINGS = 8  # more would pass the longest pause


@dataclass(frozen=True, slots=True)
class Host:
    """A host that has had enough: left alone until `until`, and for the `strikes`-th time in a row."""

    name: str
    until: datetime
    strikes: int


def name(url: str) -> str:
    """The host that a URL of ours names, with its port, in small letters."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def pause(strikes: int, retry_after: float | None, longest: float, random: Random) -> float:
    """Seconds to leave a host alone that had enough `strikes` times before.

    As long as it asks for, `longest` at most; where it does not, or says 0, twice as long each time.
    """
    if retry_after:
        return min(retry_after, longest)
    return min(FIRST_PAUSE * 2.0 ** min(strikes, DOUBLINGS) * jitter(random), LONGEST_PAUSE)


def back_at(until: datetime, now: datetime, random: Random) -> datetime:
    """When to come back to a host that is left alone until `until`: a little later, not all at once."""
    left = max(1.0, (until - now).total_seconds() / 10)
    return until + timedelta(seconds=left * random())
