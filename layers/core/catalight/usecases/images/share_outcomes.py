"""Images with the same URL: one is processed, and the others get its outcome."""

from collections.abc import Sequence
from dataclasses import dataclass

from catalight.domain.job.row import Image
from catalight.usecases.images.work import Place, Task
from catalight.usecases.ports import Clock, Rows


@dataclass(frozen=True, slots=True)
class ShareOutcomes:
    """Give images the outcome of another image with the same URL, as the database has it.

    An outcome that is not recorded yet must not be shared: if a duplicate handler is faster, its object is
    deleted. A recorded one is final: the link of a done image stays, also in later runs.
    """

    rows: Rows
    clock: Clock

    def __call__(self, job_id: str, pairs: Sequence[tuple[Task, Place]]) -> dict[Place, Image]:
        """Return the images that have ended like the one at the Place of their pair, or wait as long as it.

        Those whose other image is due itself are left out. This is one query, or none without `pairs`.
        """
        if not pairs:
            return {}
        rows = self.rows.read(job_id, sorted({row for _, (row, _) in pairs}))
        stored = {(row.number, place): image for row in rows for place, image in enumerate(row.images)}
        now = self.clock()
        return {
            (task.row, task.place): task.image.like(stored[at])
            for task, at in pairs
            if at in stored and not stored[at].due(now)
        }
