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
    """Decide whether outputs are still in use, and end the references of a GONE job.

    An output is in use as long as its maker or a job in its reference is not GONE. The states are read after
    the reference, and then the reference is read again: a job that was added meanwhile may have seen another
    job that was not GONE yet. A job that is added later finds all of them GONE, and does not use the output.
    """

    jobs: JobList
    references: References
    store: ObjectStore

    def used(self, own: Sequence[str]) -> set[str]:
        """Return those links of a GONE job's own outputs that another job uses."""
        return self._used(self.references.of_links(own))

    def __call__(self, job: Job, seconds_left: SecondsLeft) -> bool:
        """End the references of a GONE job. Return False if there is no time for all."""
        while found := self.references.of_job(job.id, BATCH):
            used = self._used(found)
            self.store.delete([links.image_key(one.link) for one in found if one.link not in used])
            self.references.remove(job.id, [one.link for one in found])
            if seconds_left() < MIN_SECONDS_LEFT:
                return False
        return True

    def _used(self, found: Sequence[Reference]) -> set[str]:
        """Return the links of the outputs that are in use."""
        states = self.jobs.states(sorted({job_id for one in found for job_id in (one.maker, *one.jobs)}))
        alive = {job_id for job_id, (_, state) in states.items() if state is not JobState.GONE}
        free = {one.link: one for one in found if alive.isdisjoint((one.maker, *one.jobs))}
        now = {one.link: one for one in self.references.of_links(list(free))}
        unchanged = {link for link, one in free.items() if link not in now or now[link].jobs <= one.jobs}
        return {one.link for one in found} - unchanged
