"""The invariants of what is stored: nothing without a reference, and nothing referred to that is gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from catalight.domain.job import links, stored_keys
from catalight.domain.job.job import Job, JobState
from catalight.domain.job.row import Row
from tests.fake_reuse import MemoryReferences, MemorySources
from tests.fakes import MemoryStore
from tests.model.actor import ViolationError
from tests.model.world import World

type Jobs = Mapping[str, Job]


class Kept(Protocol):
    """What is stored besides jobs and rows."""

    store: MemoryStore
    sources: MemorySources
    references: MemoryReferences


def check_links(jobs: Jobs, rows: Iterable[Row], kept: Kept) -> None:
    """After a port call: each link of a job that is not gone leads to an object, whatever other jobs do."""
    for row in rows:
        if jobs[row.job_id].state is not JobState.GONE:
            missing = [link for link in _links([row]) if links.image_key(link) not in kept.store.objects]
            require(not missing, f"every image that is done is stored: {row.job_id} {missing}")


def check_objects(jobs: Jobs, rows: Iterable[Row], kept: Kept, world: World) -> None:
    """At the end: each stored image belongs to a row of a job that is not gone."""
    images = {key for key in kept.store.objects if key.startswith("images/")}
    living = {job.id: job for job in jobs.values() if job.state is not JobState.GONE}
    of_living = [row for row in rows if row.job_id in living]
    known = {links.image_key(link) for link in _links(of_living)}
    if world.several_faults:
        # These may leave an object of an earlier run; it is removed with the job.
        known |= {key for row in of_living for key in stored_keys.possible_keys(living[row.job_id], row)}
    claimed = kept.references.references.values()
    if world.faulty:
        # A handler that dies after a claim leaves it to the purge of its job.
        known |= {links.image_key(one.link) for one in claimed if not living.keys().isdisjoint(one.jobs())}
    require(images <= known, f"every stored image belongs to a row: {images - known}")
    left = [claim for one in claimed for claim in one.claims if claim.partition(":")[0] not in living]
    require(not left, f"a job that is gone has no claims: {left}")


def check_owners(jobs: Jobs, rows: Iterable[Row]) -> None:
    """At the end: no owner's job has a link of another owner's."""
    owners: dict[str, str] = {}
    for row in rows:
        owner = jobs[row.job_id].owner
        for link in _links([row]):
            require(owners.setdefault(link, owner) == owner, f"no output has two owners: {link}")


def _links(rows: Iterable[Row]) -> Iterator[str]:
    return (image.link for row in rows for image in row.images if image.link)


def require(holds: bool, invariant: str) -> None:
    """Raise ViolationError if the invariant does not hold."""
    if not holds:
        raise ViolationError(f"broken: {invariant}")
