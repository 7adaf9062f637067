"""The `rows` collection: one document a row, images embedded, so that ending a row is one atomic write.

`_id` is `{job}/{number:09d}`, which sorts in CSV order. `pending` is true while an image has not ended; a
partial index over these documents finds the pending rows of a range, and whether a job has any.
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import astuple, fields, replace
from itertools import batched
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel, ReplaceOne, UpdateOne
from pymongo.collection import Collection

from catalight.adapters.mongo.client import Document, ignoring_duplicates
from catalight.adapters.mongo.connection import Mongo, reconnecting
from catalight.domain.errors import ImageErrorCode
from catalight.domain.image.report import Chosen, Source, Times
from catalight.domain.job.row import Image, ImageState, Row, RowState
from catalight.domain.stored import restored, restored_list

BATCH = 2_000  # small enough for the time that the API allows a call, and no slower than 5,000
VERSION_BITS = 62  # of a signed integer of 64
STREAMED = 1_000  # rows of a reply: without a limit it has 16 MB, which take 200 MB here

INDEXES = [
    IndexModel(
        [("job", ASCENDING), ("range", ASCENDING)],
        name="pending",
        partialFilterExpression={"pending": True},
    )
]


class MongoRows(Mongo):
    """`catalight.usecases.ports.Rows` on MongoDB."""

    @property
    def _rows(self) -> Collection[Document]:
        return self._connection["rows"]

    @reconnecting
    def ensure_indexes(self) -> None:
        """Create missing indexes; fast if none is missing."""
        self._rows.create_indexes(INDEXES)

    def insert(self, rows: Iterable[Row]) -> None:
        for batch in batched(rows, BATCH, strict=False):
            self._insert(batch)

    @reconnecting
    def _insert(self, rows: Sequence[Row]) -> None:
        with ignoring_duplicates():
            self._rows.insert_many([_to_document(row) for row in rows], ordered=False)

    @reconnecting
    def pending_in_range(self, job_id: str, run: int, number: int) -> list[Row]:
        found = self._rows.find(_pending(job_id, run, number))
        return sorted(map(_to_row, found), key=lambda row: row.number)

    @reconnecting
    def any_pending_in_range(self, job_id: str, run: int, number: int) -> bool:
        return self._rows.find_one(_pending(job_id, run, number), {"_id": True}) is not None

    def pending(self, job_id: str) -> Iterator[Row]:
        query = {"job": job_id, "pending": True}
        with self._connection.call():
            found = self._rows.find(query).sort([("job", ASCENDING), ("range", ASCENDING)])
            yield from map(_to_row, found.batch_size(STREAMED))

    @reconnecting
    def lane_heads(self, job_id: str, window: int) -> list[int]:
        # Of the index, as many entries are read as are before the first of the lane: mostly about `window`.
        lanes: list[Document] = [{"range": {"$mod": [window, lane]}} for lane in range(window)]
        pending, key = {"job": job_id, "pending": True}, {"_id": False, "range": True}
        first = [self._rows.find_one({**pending, **lane}, key, sort=[("range", ASCENDING)]) for lane in lanes]
        return sorted(found["range"] for found in first if found)

    @reconnecting
    def read(self, job_id: str, numbers: Sequence[int]) -> list[Row]:
        ids = [_id(job_id, number) for number in numbers]
        return [
            _to_row(document) for document in self._rows.find({"_id": {"$in": ids}}).sort("_id", ASCENDING)
        ]

    @reconnecting
    def reopen(self, rows: Sequence[Row]) -> None:
        writes = [
            ReplaceOne({"_id": _id(row.job_id, row.number), "run": {"$lt": row.run}}, _to_document(row))
            for row in rows
        ]
        if writes:
            self._rows.bulk_write(writes, ordered=False)

    def save(self, rows: Sequence[Row]) -> list[Row]:
        # A version of its own tells what this call wrote from what a duplicate did, also if it is repeated.
        return self._save(rows, secrets.randbits(VERSION_BITS)) if rows else []

    @reconnecting
    def _save(self, rows: Sequence[Row], version: int) -> list[Row]:
        written = self._rows.bulk_write([_update(row, version) for row in rows], ordered=False)
        saved = [replace(row, version=version) for row in rows]
        if written.modified_count == len(rows):
            return saved
        query = {"_id": {"$in": [_id(row.job_id, row.number) for row in rows]}, "version": version}
        numbers = {found["number"] for found in self._rows.find(query, {"number": True})}
        return [row for row in saved if row.number in numbers]

    @reconnecting
    def any_pending(self, job_id: str) -> bool:
        # Searched from the end, because the beginning of the index is full of entries that were just removed.
        query = {"job": job_id, "pending": True}
        return self._rows.find_one(query, {"_id": True}, sort=[("range", DESCENDING)]) is not None

    def stream(self, job_id: str, after: int = -1) -> Iterator[Row]:
        with self._connection.call():
            found = self._rows.find(_after(job_id, after)).sort("_id", ASCENDING).batch_size(STREAMED)
            yield from map(_to_row, found)

    @reconnecting
    def page(
        self, job_id: str, states: AbstractSet[RowState], after: int, limit: int, most: int | None = None
    ) -> list[Row]:
        query = _after(job_id, after)
        if most is not None:
            query["_id"]["$lt"] = _id(job_id, max(after, -1) + 1 + most)
        if states:
            query["$or"] = [_IN_STATE[state] for state in states]
        return [_to_row(document) for document in self._rows.find(query).sort("_id", ASCENDING).limit(limit)]

    @reconnecting
    def delete(self, job_id: str, first: int, last: int) -> None:
        self._rows.delete_many({"_id": {"$gte": _id(job_id, first), "$lte": _id(job_id, last)}})


_IN_STATE: dict[RowState, Document] = {
    RowState.EMPTY: {"images": []},
    RowState.PENDING: {"pending": True},
    RowState.DONE: {"pending": None, "images.state": {"$eq": ImageState.DONE, "$ne": ImageState.FAILED}},
    RowState.FAILED: {"pending": None, "images.state": {"$eq": ImageState.FAILED, "$ne": ImageState.DONE}},
    RowState.PARTIAL: {"pending": None, "images.state": {"$all": [ImageState.DONE, ImageState.FAILED]}},
}


def _id(job_id: str, number: int) -> str:
    return f"{job_id}/{number:09d}"


def _pending(job_id: str, run: int, number: int) -> Document:
    return {"job": job_id, "range": number, "pending": True, "run": run}


def _after(job_id: str, number: int) -> Document:
    """Match the job's rows with higher numbers; "0" follows "/" in ASCII, so no other job's rows match."""
    first = _id(job_id, number) if number >= 0 else f"{job_id}/"
    return {"_id": {"$gt": first, "$lt": f"{job_id}0"}}


def _update(row: Row, version: int) -> UpdateOne:
    written: Document = {"$set": {"images": list(_image_documents(row.images)), "version": version}}
    if not row.pending:
        written["$unset"] = {"pending": True}
    unchanged = {"_id": _id(row.job_id, row.number), "run": row.run, "pending": True, "version": row.version}
    return UpdateOne(unchanged, written)


def _to_document(row: Row) -> Document:
    document = {
        "_id": _id(row.job_id, row.number),
        "job": row.job_id,
        "number": row.number,
        "run": row.run,
        "range": row.range,
        "cells": list(row.cells),
        "images": list(_image_documents(row.images)),
        "version": row.version,
    }
    return {**document, "pending": True} if row.pending else document


def _to_row(document: Document) -> Row:
    return Row(
        job_id=document["job"],
        number=document["number"],
        run=document["run"],
        range=document["range"],
        cells=tuple(document["cells"]),
        images=tuple(_to_images(document["images"])),
        version=document["version"],
    )


_DEFAULTS = {field.name: field.default for field in fields(Image)}
_OF_IMAGE = ("url", "written", "notes", "column")  # the same in all renditions of an image


def _image_documents(images: Iterable[Image]) -> Iterator[Document]:
    """Yield the documents of images. That of a further rendition lacks what it shares with the one before."""
    before: Document = {}
    for image in images:
        values = ((name, getattr(image, name)) for name in _DEFAULTS)
        document = {name: _compact(value) for name, value in values if value != _DEFAULTS[name]}
        of_image = {name: document[name] for name in _OF_IMAGE if name in document}
        if image.rendition and of_image == before:
            for name in of_image:
                del document[name]
        yield document
        before = of_image


def _compact(value: Any) -> Any:
    """Store values without names: with them, a row of a hundred images would be half as large again."""
    return astuple(value) if isinstance(value, (Chosen, Source, Times)) else value


def _to_images(documents: Iterable[Document]) -> Iterator[Image]:
    before: Document = {}
    for document in documents:
        if "url" in document:
            before = {name: document[name] for name in _OF_IMAGE if name in document}
        yield _to_image({**before, **document})


def _to_image(values: dict[str, Any]) -> Image:
    if "state" in values:
        values["state"] = ImageState(values["state"])
    if "error" in values:
        values["error"] = ImageErrorCode(values["error"])
    if "source" in values:
        values["source"] = restored_list(Source, values["source"])
    if "times" in values:
        values["times"] = restored_list(Times, values["times"])
    if "chosen" in values:
        values["chosen"] = restored_list(Chosen, values["chosen"])
    for name in ("notes", "same_as"):
        if name in values:
            values[name] = tuple(values[name])
    return restored(Image, values)
