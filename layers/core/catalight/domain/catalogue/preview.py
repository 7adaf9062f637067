"""What is shown of a file before it is submitted: its first rows, and where its images come from."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Self

from catalight.domain.catalogue.catalogue import CatalogueRow, Understanding

MAX_ROWS_SHOWN = 10
MAX_HOSTS = 50
_HOST = re.compile(r"\w+://([^/?#]*)")


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows and the counts of what is understood. `images` counts unusable URLs too.

    `hosts` are those with the most images that can be fetched, and how many; `distinct_urls` counts only such
    images.
    """

    first_rows: tuple[CatalogueRow, ...]
    rows: int
    images: int
    distinct_urls: int
    hosts: tuple[tuple[str, int], ...]
    hosts_total: int

    @classmethod
    def of(cls, understood: Understanding) -> Self:
        """Count the rows and images of a file that is understood, maybe in part."""
        sources = [source for row in understood.rows for source in row.sources]
        urls = [source.url for source in sources if source.usable]
        hosts = Counter(map(_host, urls))
        return cls(
            first_rows=understood.rows[:MAX_ROWS_SHOWN],
            rows=len(understood.rows),
            images=len(sources),
            distinct_urls=len(set(urls)),
            hosts=tuple(sorted(hosts.items(), key=lambda host: (-host[1], host[0]))[:MAX_HOSTS]),
            hosts_total=len(hosts),
        )


def _host(url: str) -> str:
    found = _HOST.match(url)
    return found[1].lower() if found else ""
