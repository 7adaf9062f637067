"""Remove outputs that several jobs have used, once no job uses them."""

from collections.abc import Sequence
from dataclasses import dataclass

from catalight.domain.job import links
from catalight.domain.job.job import Job, JobState
from catalight.domain.job.reuse import Reference
from catalight.usecases.ports import JobList, ObjectStore, References, SecondsLeft

BATCH = 500
MIN_SECONDS_LEFT = 30.0  # seconds; more than a batch takes


@dataclass(frozen=True, slots=True)
class ReleaseOutputs:
    """Decide whether outputs are still in use, and end claims to them.

    An output is in use as long as its maker or a job with a claim is not GONE. The states are read after the
    claims, and then the claims are read again: one that was added meanwhile may belong to a handler that has
    seen a job which was not GONE yet. A handler that adds its claim later finds all of them GONE, and uses
    nothing. An object is removed before the claim, so a crash between them is repeated.
    """

    jobs: JobList
    references: References
    store: ObjectStore

    def used(self, own: Sequence[str]) -> set[str]:
        """Return those links of a GONE job's own outputs that another job uses."""
        return self._used(self.references.of_links(own))

    def of_job(self, job: Job, seconds_left: SecondsLeft) -> bool:
        """End the claims of a GONE job. Return False if there is no time for all."""
        while found := self.references.of_job(job.id, BATCH):
            self._remove_unused(found)
            self.references.remove_job(job.id, [one.link for one in found])
            if seconds_left() < MIN_SECONDS_LEFT:
                return False
        return True

    def claim(self, claim: str, used: Sequence[str]) -> None:
        """End a claim to outputs that its handler does not use."""
        self._remove_unused(self.references.of_links(used), claim)
        self.references.remove(claim, used)

    def _remove_unused(self, found: Sequence[Reference], claim: str = "") -> None:
        used = self._used(found, claim)
        if unused := [links.image_key(one.link) for one in found if one.link not in used]:
            self.store.delete(unused)

    def _used(self, found: Sequence[Reference], claim: str = "") -> set[str]:
        """Return the links of the outputs that are in use, but for this claim."""
        if not found:
            return set()
        states = self.jobs.states(sorted({job_id for one in found for job_id in one.jobs(claim)}))
        alive = {job_id for job_id, (_, state) in states.items() if state is not JobState.GONE}
        free = {one.link: one for one in found if alive.isdisjoint(one.jobs(claim))}
        now = {one.link: one for one in self.references.of_links(list(free))}
        unused = {link for link, one in free.items() if link not in now or now[link].claims <= one.claims}
        return {one.link for one in found} - unused
