"""The `sources` collection: outputs by what they were made from, and the first image of each bytes in a job.

Both kinds have a SHA-256 as their id, so one query and one command serve a range. They hold no URL and no
owner. MongoDB removes each when the job expires that has written it last.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bson import Binary
from pymongo import ASCENDING, IndexModel, ReplaceOne, UpdateOne
from pymongo.collection import Collection

from catalight.adapters.mongo.client import Document
from catalight.adapters.mongo.connection import Mongo, reconnecting
from catalight.domain.image.report import Chosen, Source
from catalight.domain.job.reuse import FirstOfBytes, KnownOutput, Seen
from catalight.domain.stored import restored_list
from catalight.domain.web.fetched import Validators

INDEXES = [IndexModel([("until", ASCENDING)], name="forgotten", expireAfterSeconds=0)]


class MongoSources(Mongo):
    """`catalight.usecases.ports.Sources` on MongoDB."""

    @property
    def _sources(self) -> Collection[Document]:
        return self._connection["sources"]

    @reconnecting
    def ensure_indexes(self) -> None:
        """Create missing indexes; fast if none is missing."""
        self._sources.create_indexes(INDEXES)

    def known(self, ids: Sequence[bytes]) -> dict[bytes, KnownOutput]:
        return {found["_id"]: _to_output(found) for found in self._found(ids) if "digest" in found}

    def firsts(self, ids: Sequence[bytes]) -> dict[bytes, FirstOfBytes]:
        return {
            found["_id"]: FirstOfBytes(found["first"], *(found[name] for name in _LINKED))
            for found in self._found(ids)
            if "first" in found
        }

    @reconnecting
    def _found(self, ids: Sequence[bytes]) -> list[Document]:
        return list(self._sources.find({"_id": {"$in": list(ids)}})) if ids else []

    def remember(
        self, outputs: Mapping[bytes, KnownOutput], firsts: Mapping[bytes, FirstOfBytes], until: datetime
    ) -> None:
        writes: list[ReplaceOne[Document] | UpdateOne] = [
            ReplaceOne({"_id": Binary(output_id)}, _to_document(output, until), upsert=True)
            for output_id, output in outputs.items()
        ]
        writes += [
            UpdateOne(
                {"_id": Binary(bytes_id)},
                {
                    "$min": {"first": first.position},
                    "$setOnInsert": {"until": until, **{name: getattr(first, name) for name in _LINKED}},
                },
                upsert=True,
            )
            for bytes_id, first in firsts.items()
        ]
        if writes:
            self._write(writes)

    @reconnecting
    def _write(self, writes: Sequence[Any]) -> None:
        self._sources.bulk_write(writes, ordered=False)

    def forget(self, ids: Sequence[bytes], holder: str) -> None:
        if ids:
            self._forget(ids, holder)

    @reconnecting
    def _forget(self, ids: Iterable[bytes], holder: str) -> None:
        held = {"$or": [{"holder": holder}, {"first": {"$exists": True}}]}
        self._sources.delete_many({"_id": {"$in": list(ids)}, **held})


_LINKED = ("link", "maker", "stored_at")
_FIELDS = (*_LINKED, "holder", "bytes_out", "width", "height")


def _to_document(output: KnownOutput, until: datetime) -> Document:
    seen = output.seen
    document: Document = {name: getattr(output, name) for name in _FIELDS}
    document |= {"digest": Binary(seen.digest), "asked_at": seen.asked_at, "until": until}
    if seen.validators:
        checks = seen.validators
        document["validators"] = [checks.etag, checks.modified, Binary(checks.of)]
    if source := output.source:
        document["source"] = [source.format, source.width, source.height]
    if output.chosen:
        document["chosen"] = [output.chosen.quality, output.chosen.score]
    return document | {name: True for name in ("kept", "small") if getattr(output, name)}


def _to_output(document: Document) -> KnownOutput:
    checks, source, chosen = (document.get(name) for name in ("validators", "source", "chosen"))
    return KnownOutput(
        seen=Seen(
            document["digest"], restored_list(Validators, checks) if checks else None, document["asked_at"]
        ),
        source=restored_list(Source, source) if source else None,
        kept=document.get("kept", False),
        small=document.get("small", False),
        chosen=restored_list(Chosen, chosen) if chosen else None,
        **{name: document[name] for name in _FIELDS},
    )
