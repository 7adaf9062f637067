"""The ports to what is used again: outputs, and who refers to them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from catalight.domain.job.reuse import FirstOfBytes, KnownOutput, Reference


class Sources(Protocol):
    """What is remembered of sources and their outputs. It is advisory.

    Without it, work is done again, the same bytes are stored again, and `SAME_AS` is not said.
    """

    def known(self, ids: Sequence[bytes]) -> Mapping[bytes, KnownOutput]:
        """Return the outputs that are remembered under these ids (`output_id`)."""

    def firsts(self, ids: Sequence[bytes]) -> Mapping[bytes, FirstOfBytes]:
        """Return the first images that are remembered under these ids (`bytes_id`)."""

    def remember(
        self, outputs: Mapping[bytes, KnownOutput], firsts: Mapping[bytes, FirstOfBytes], until: datetime
    ) -> None:
        """Remember outputs, in the place of earlier ones, and firsts until `until`, in one call.

        Of two images with the same bytes, the lower position stays, and the link that was recorded first.
        """

    def forget(self, ids: Sequence[bytes], holder: str) -> None:
        """Forget the outputs under these ids whose holder is this job, and all firsts under them."""


class References(Protocol):
    """Which jobs use outputs that others have made. An output that only its own job uses has no entry."""

    def add(self, claim: str, outputs: Sequence[KnownOutput]) -> None:
        """Claim these outputs, in one call."""

    def of_links(self, links: Sequence[str]) -> list[Reference]:
        """Return the entries of outputs by their links, with all claims that were added before."""

    def of_job(self, job_id: str, limit: int, before: datetime | None = None) -> list[Reference]:
        """Return at most `limit` entries with a claim of the job, of objects stored before that time."""

    def remove(self, claim: str, links: Sequence[str]) -> None:
        """Remove a claim, and the entries that are left without one."""

    def remove_job(self, job_id: str, links: Sequence[str]) -> None:
        """Remove all claims of a job to these outputs, and the entries that are left without one."""

    def renewed(self, links: Sequence[str], stored_at: datetime) -> None:
        """Record that these objects were stored again."""
