"""In-memory adapters of what is used again: tests/integration/adapters/ports holds them to the real ones."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from catalight.domain.job.reuse import FirstOfBytes, KnownOutput, Reference


class MemorySources:
    """Outputs and first images in dictionaries; `until` is when each is forgotten."""

    def __init__(self) -> None:
        self.outputs: dict[bytes, KnownOutput] = {}
        self.first: dict[bytes, FirstOfBytes] = {}
        self.until: dict[bytes, datetime] = {}

    def known(self, ids: Sequence[bytes]) -> dict[bytes, KnownOutput]:
        return {key: self.outputs[key] for key in ids if key in self.outputs}

    def firsts(self, ids: Sequence[bytes]) -> dict[bytes, FirstOfBytes]:
        return {key: self.first[key] for key in ids if key in self.first}

    def remember(
        self, outputs: Mapping[bytes, KnownOutput], firsts: Mapping[bytes, FirstOfBytes], until: datetime
    ) -> None:
        self.outputs |= outputs
        self.until |= dict.fromkeys(outputs, until)
        for key, first in firsts.items():
            stored = self.first.setdefault(key, first)
            self.first[key] = replace(stored, position=min(stored.position, first.position))
            self.until.setdefault(key, until)

    def forget(self, ids: Sequence[bytes], holder: str) -> None:
        for key in ids:
            self.first.pop(key, None)
            if key in self.outputs and self.outputs[key].holder == holder:
                del self.outputs[key]


class MemoryReferences:
    """References in a dictionary, by link."""

    def __init__(self) -> None:
        self.references: dict[str, Reference] = {}

    def add(self, claim: str, outputs: Sequence[KnownOutput]) -> None:
        for output in outputs:
            new = Reference(output.link, output.maker, frozenset(), output.stored_at)
            stored = self.references.get(output.link, new)
            stored_at = max(stored.stored_at, output.stored_at)
            claims = stored.claims | {claim}
            self.references[output.link] = replace(stored, claims=claims, stored_at=stored_at)

    def of_links(self, links: Sequence[str]) -> list[Reference]:
        return [self.references[link] for link in links if link in self.references]

    def of_job(self, job_id: str, limit: int, before: datetime | None = None) -> list[Reference]:
        return [
            one
            for one in self.references.values()
            if any(claim.startswith(f"{job_id}:") for claim in one.claims)
            and (before is None or one.stored_at < before)
        ][:limit]

    def remove(self, claim: str, links: Sequence[str]) -> None:
        self._remove(lambda known: known == claim, links)

    def remove_job(self, job_id: str, links: Sequence[str]) -> None:
        self._remove(lambda known: known.startswith(f"{job_id}:"), links)

    def _remove(self, removed: Callable[[str], bool], links: Sequence[str]) -> None:
        for one in self.of_links(links):
            claims = frozenset(claim for claim in one.claims if not removed(claim))
            self.references[one.link] = replace(one, claims=claims)
            if not claims:
                del self.references[one.link]

    def renewed(self, links: Sequence[str], stored_at: datetime) -> None:
        for one in self.of_links(links):
            self.references[one.link] = replace(one, stored_at=max(one.stored_at, stored_at))
