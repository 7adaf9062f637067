"""Download of one catalogue, with limits that leave a request the time to answer."""

from collections.abc import Callable

from catalight.adapters.web.dial import Network
from catalight.adapters.web.fetch import Fetcher
from catalight.domain.catalogue.page_advice import feed_advice
from catalight.domain.web.egress import EgressPolicy

SECONDS = 10.0  # for the whole download; then a name that is being resolved may take its own time


def fetch_feed(
    url: str,
    received: Callable[[int], None],
    *,
    egress: EgressPolicy,
    max_bytes: int,
    seconds: float = SECONDS,
    network: Network = Network(),  # noqa: B008 (it is frozen)
) -> bytes:
    """Download `url` as `Fetcher.fetch` does. The number of bytes that came goes to `received`."""
    fetcher = Fetcher(
        egress,
        max_bytes=max_bytes,
        connect_timeout=seconds / 2,
        read_timeout=seconds / 2,
        max_seconds=seconds,
        pool_size=1,
        received=received,
        advise=feed_advice,
        network=network,
    )
    try:
        return fetcher.fetch(url)
    finally:
        fetcher.close()
