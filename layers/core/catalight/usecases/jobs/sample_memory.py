"""Find out whether most outputs of a new job are probably those of an earlier one."""

from collections.abc import Iterator
from dataclasses import dataclass

from catalight.domain.catalogue.catalogue import CatalogueRow
from catalight.domain.job import image_names
from catalight.domain.job.job import Job
from catalight.domain.job.output_ids import output_id
from catalight.usecases.jobs.make_rows import AllPlaces, MakeRows
from catalight.usecases.ports import Sources

SAMPLE = 20  # images
MOST = 3 / 4


@dataclass(frozen=True, slots=True)
class SampleMemory:
    """Looks up a few images of a catalogue in the owner's memory, in one query."""

    sources: Sources

    def __call__(self, job: Job, rows: tuple[CatalogueRow, ...]) -> bool:
        """Return whether MOST of the sample are known. The job need not have its numbers of rows yet."""
        ids = set(_ids(job, rows))
        return bool(ids) and len(self.sources.known(list(ids))) >= MOST * len(ids)


def _ids(job: Job, rows: tuple[CatalogueRow, ...]) -> Iterator[bytes]:
    """Yield the key of the first image of up to SAMPLE rows, from all of the catalogue."""
    if job.reuse.fresh:
        return
    make = MakeRows(job.id, len(job.renditions), AllPlaces())
    for row in map(make, rows[:: -(-len(rows) // SAMPLE) or 1]):
        if row.images and not row.images[0].ended:
            yield output_id(job, row.images[0], image_names.stem(job, row, 0))
