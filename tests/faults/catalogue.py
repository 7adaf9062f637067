"""The catalogue of one run, and how each of its images may end."""

import json
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

from local.hosts.image_server import DISTINCT
from tests.faults.injection import Fault
from tests.pipeline import csv_of

ROWS = 150
IMAGES = 300
REPEATED = 50  # of the images: their URLs occur in the catalogue more than once
TRANSIENT = frozenset({"timeout", "connection_error", "http_error"})
RENDITIONS: list[dict[str, object]] = [
    {"name": "large"},
    {"name": "small", "max_width": 100, "format": "webp"},
    {"name": "kept", "format": "keep"},
]
OUTCOMES = {
    "good": frozenset({""}),
    "hostile": frozenset({""}) | TRANSIENT,
    "missing": frozenset({"not_found"}),
    "bomb": frozenset({"too_many_pixels"}),
    "poison": frozenset({"gave_up"}),
}
"""The error codes that an image of each kind may end with; "" is success."""


@dataclass(frozen=True)
class Catalogue:
    """The URLs of each row, and what the job asks for. The first path segment of a URL is its kind."""

    rows: list[list[str]]
    renditions: list[dict[str, object]] = field(default_factory=list)

    @property
    def data(self) -> bytes:
        """The catalogue as CSV."""
        return csv_of(*(" | ".join(row) for row in self.rows))

    @property
    def names(self) -> list[str]:
        """The names of the renditions of each image; one empty name if the job asks for none."""
        return [str(rendition["name"]) for rendition in self.renditions] or [""]

    @property
    def fields(self) -> dict[str, str]:
        """The form fields of the job."""
        return {"renditions": json.dumps(self.renditions)} if self.renditions else {}


def kind(url: str) -> str:
    """Return the kind of a URL, a key of OUTCOMES."""
    return url.split("/")[3]


def drawn_number(url: str) -> int:
    """Return the number of the image that a URL leads to: URLs with the same number have the same bytes."""
    return int(url.rpartition("/")[2].split(".")[0]) % DISTINCT


def draw(seed: int, hosts: list[str], faults: frozenset[Fault]) -> Catalogue:
    """Draw the catalogue of a seed."""
    chance = Random(f"{seed}/catalogue")
    kinds = ["good"] * 16 + ["missing"] + (["hostile"] * 3 if Fault.HOSTS in faults else [])

    def url(n: int, kind: str) -> str:
        return f"{chance.choice(hosts)}/{kind}/{seed}/{n}.jpg"

    numbers = iter(range(IMAGES))
    cuts = [0, *sorted(chance.sample(range(1, IMAGES), ROWS - 1)), IMAGES]
    rows = [
        [url(next(numbers), chance.choice(kinds)) for _ in range(end - begin)]
        for begin, end in pairwise(cuts)
    ]
    again = Random(f"{seed}/repeated")
    for row in again.sample(rows, REPEATED):
        row[again.randrange(len(row))] = again.choice(again.choice(rows))
    if Fault.POISON in faults:
        special = enumerate(("good", "poison", "bomb"), IMAGES)
        rows[chance.randrange(ROWS)] = [url(n, kind) for n, kind in special]
    renditions = Random(f"{seed}/outputs").choice(([], RENDITIONS[:2], RENDITIONS))
    return Catalogue(rows, renditions)
