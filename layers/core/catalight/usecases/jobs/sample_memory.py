"""Find out whether most outputs of a new job are probably those of an earlier one."""

from collections.abc import Iterator
from dataclasses import dataclass

from catalight.domain.catalogue.catalogue import CatalogueRow
from catalight.domain.job import reuse
from catalight.usecases.jobs.job_request import JobRequest
from catalight.usecases.ports import Sources

SAMPLE = 20  # images
MOST = 3 / 4


@dataclass(frozen=True, slots=True)
class SampleMemory:
    """Looks up a few images of a catalogue in the owner's memory, in one query."""

    sources: Sources

    def __call__(self, request: JobRequest, rows: tuple[CatalogueRow, ...]) -> bool:
        """Return whether MOST of the sample are known.

        A job with a template for names is not looked at: its outputs are remembered by their names too.
        """
        if request.reuse.fresh or request.naming:
            return False
        rendition, headers = request.renditions[0], request.request_headers
        ids = {reuse.output_id(request.owner, url, headers, rendition, None) for url in _urls(rows)}
        return bool(ids) and len(self.sources.known(list(ids))) >= MOST * len(ids)


def _urls(rows: tuple[CatalogueRow, ...]) -> Iterator[str]:
    """Yield the URL of the first image of up to SAMPLE rows, from all of the catalogue."""
    for row in rows[:: -(-len(rows) // SAMPLE) or 1]:
        yield from (source.url for source in row.sources[:1] if source.usable)
