"""In-memory adapters of what is used again: tests/integration/adapters/ports holds them to the real ones."""

from collections.abc import Mapping, Sequence
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

    def add(self, job_id: str, outputs: Sequence[KnownOutput]) -> None:
        for output in outputs:
            new = Reference(output.link, output.maker, frozenset(), output.stored_at)
            stored = self.references.get(output.link, new)
            stored_at = max(stored.stored_at, output.stored_at)
            self.references[output.link] = replace(stored, jobs=stored.jobs | {job_id}, stored_at=stored_at)

    def of_links(self, links: Sequence[str]) -> list[Reference]:
        return [self.references[link] for link in links if link in self.references]

    def of_job(self, job_id: str, limit: int) -> list[Reference]:
        found = [one for one in self.references.values() if job_id in one.jobs]
        return sorted(found, key=lambda one: one.stored_at)[:limit]

    def remove(self, job_id: str, links: Sequence[str]) -> None:
        for one in self.of_links(links):
            left = replace(one, jobs=one.jobs - {job_id})
            self.references[one.link] = left
            if not left.jobs:
                del self.references[one.link]

    def renewed(self, links: Sequence[str], stored_at: datetime) -> None:
        for one in self.of_links(links):
            self.references[one.link] = replace(one, stored_at=max(one.stored_at, stored_at))
