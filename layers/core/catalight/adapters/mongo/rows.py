"""The `rows` collection: one document a row, its images embedded, so that ending a row is one atomic write.

`_id` is `{job}/{number:09d}`, which sorts in CSV order. `pending` is true and `range` is set while an image
has not ended; a partial index on those answers what is pending in a range, and whether anything is.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from itertools import batched
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel, UpdateOne
from pymongo.database import Database

from catalight.adapters.mongo.client import Document, unavailable_when_down
from catalight.domain.errors import ImageErrorCode
from catalight.domain.row import Image, ImageState, Row

BATCH = 5_000

INDEXES = [
    IndexModel(
        [("job", ASCENDING), ("range", ASCENDING)],
        name="pending",
        partialFilterExpression={"pending": True},
    )
]


class MongoRows:
    """`catalight.usecases.ports.Rows` on MongoDB."""

    def __init__(self, database: Database[Document]) -> None:
        self._rows = database["rows"]

    @unavailable_when_down()
    def ensure_indexes(self) -> None:
        """Create what is missing; quick where nothing is."""
        self._rows.create_indexes(INDEXES)

    @unavailable_when_down()
    def insert(self, rows: Iterable[Row]) -> None:
        for batch in batched(rows, BATCH, strict=False):
            self._rows.insert_many([_to_document(row) for row in batch], ordered=False)

    @unavailable_when_down()
    def pending_in_range(self, job_id: str, run: int, number: int) -> list[Row]:
        found = self._rows.find({"job": job_id, "range": number, "pending": True, "run": run})
        return sorted(map(_to_row, found), key=lambda row: row.number)

    @unavailable_when_down()
    def save(self, rows: Sequence[Row]) -> int:
        if not rows:
            return 0
        return self._rows.bulk_write([_update(row) for row in rows], ordered=False).modified_count

    @unavailable_when_down()
    def any_pending(self, job_id: str) -> bool:
        # Asked from the end: where the index begins, it is full of entries that were just removed.
        query = {"job": job_id, "pending": True}
        return self._rows.find_one(query, {"_id": True}, sort=[("range", DESCENDING)]) is not None

    def stream(self, job_id: str) -> Iterator[Row]:
        # "0" is the character after "/": all ids of the job, and no other's.
        in_job = {"_id": {"$gt": f"{job_id}/", "$lt": f"{job_id}0"}}
        with unavailable_when_down():
            yield from map(_to_row, self._rows.find(in_job).sort("_id", ASCENDING))


def _row_id(row: Row) -> str:
    return f"{row.job_id}/{row.number:09d}"


def _update(row: Row) -> UpdateOne:
    written: Document = {
        "$set": {"images": [_image_document(i) for i in row.images], "version": row.version + 1}
    }
    if not row.pending:
        written["$unset"] = {"pending": True}
    unchanged = {"_id": _row_id(row), "run": row.run, "pending": True, "version": row.version}
    return UpdateOne(unchanged, written)


def _to_document(row: Row) -> Document:
    document = {
        "_id": _row_id(row),
        "job": row.job_id,
        "number": row.number,
        "run": row.run,
        "range": row.range,
        "cells": list(row.cells),
        "images": [_image_document(image) for image in row.images],
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
        images=tuple(map(_to_image, document["images"])),
        version=document["version"],
    )


_DEFAULTS = {field.name: field.default for field in fields(Image)}


def _image_document(image: Image) -> Document:
    values = ((name, getattr(image, name)) for name in _DEFAULTS)
    return {name: value for name, value in values if value != _DEFAULTS[name]}


def _to_image(document: dict[str, Any]) -> Image:
    values = dict(document)
    if "state" in values:
        values["state"] = ImageState(values["state"])
    if "error" in values:
        values["error"] = ImageErrorCode(values["error"])
    return Image(**values)
