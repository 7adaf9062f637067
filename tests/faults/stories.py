"""What happens to the job of a big upload in one run, besides the faults; a seed draws the story."""

from enum import StrEnum
from random import Random

from tests.faults.injection import Fault
from tests.faults.schedule import Event, events

INGESTING_SECONDS = 7.0
AGAIN_SECONDS = 6.0
MESSAGES = ("twin", "lose")


class Story(StrEnum):
    """The stories. In those from AGAIN on, the catalogue is sent a second time when its job has ended."""

    SENT = "sent"
    CONFIRMED = "confirmed twice"
    REPLACED = "replaced while it is read"
    CANCELLED = "cancelled"
    DELETED = "deleted"
    MAKER_DELETED = "sent again, and the first job is deleted"
    MAKER_EXPIRED = "sent again, and the first job expires"
    MAKER_RETRIED = "sent again, and the first job is retried, then deleted"
    TWO_OWNERS = "sent by two owners, and the first job is deleted"

    @property
    def twice(self) -> bool:
        """Whether the catalogue is sent twice."""
        return self in ON_FIRST

    @property
    def may_end_early(self) -> bool:
        """Whether the first job may end without a result."""
        return self in ON_UPLOAD


ON_UPLOAD = {Story.REPLACED: "replace", Story.CANCELLED: "cancel", Story.DELETED: "delete"}
ON_FIRST = {
    Story.MAKER_DELETED: "delete",
    Story.MAKER_EXPIRED: "expire",
    Story.MAKER_RETRIED: "retry",
    Story.TWO_OWNERS: "delete",
}


def of_seed(seed: int) -> Story:
    """Return the story of a seed; so many seeds in a row have them all."""
    return list(Story)[seed % len(Story)]


def while_ingesting(seed: int, faults: frozenset[Fault]) -> list[Event]:
    """Return the events while the file is sent and read."""
    chance = Random(f"{seed}/ingest")
    found = list(events(chance, INGESTING_SECONDS, faults, "IngestFunction", kills=4))
    if Fault.WORKERS in faults:
        found += [
            Event(chance.uniform(0, INGESTING_SECONDS), chance.choice(MESSAGES))
            for _ in range(chance.randint(1, 4))
        ]
    if action := ON_UPLOAD.get(of_seed(seed)):
        found.append(Event(chance.uniform(0.3, INGESTING_SECONDS), action))
    return sorted(found)


def while_again(seed: int, faults: frozenset[Fault]) -> list[Event]:
    """Return the events while the catalogue is processed for the second time."""
    chance = Random(f"{seed}/again")
    found = list(events(chance, AGAIN_SECONDS, faults, "ImageFunction", kills=4))
    found.append(Event(chance.uniform(0.2, AGAIN_SECONDS / 2), ON_FIRST[of_seed(seed)]))
    return sorted(found)
