"""Conversion of jobs to and from documents of the `jobs` collection."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from bson import Binary

from catalight.adapters.mongo.client import Document
from catalight.domain.catalogue import requested
from catalight.domain.catalogue.files import Dialect
from catalight.domain.catalogue.result_columns import OUTPUT
from catalight.domain.image.rendition import Rendition
from catalight.domain.image.report import Times
from catalight.domain.job.job import Counts, Job, JobState, Reopened
from catalight.domain.job.naming import Naming
from catalight.domain.job.origin import Origin
from catalight.domain.job.request_headers import RequestHeaders
from catalight.domain.job.result_form import ResultForm
from catalight.domain.job.reuse import Reuse
from catalight.domain.job.upload import BigUpload
from catalight.domain.job.webhook import Delivery, Webhook, WebhookState
from catalight.domain.stored import restored

_DEFAULTS: dict[str, Any] = {
    "request_headers": {},
    "outputs": [OUTPUT],
    "remembered": {},
    "duplicates": 0,
    "placeholders": [],
    "renditions": [],
    "origin": None,
    "naming": None,
    "result": ResultForm().to_document(),
    "keep_days": None,
    "upload": None,
    "reuse": Reuse().to_document(),
    "reopened": None,
    "reference": None,
    "preview": False,
    "mostly_known": False,
}


def to_document(job: Job) -> Document:
    """Return the document of a job."""
    first, *others = (rendition.to_document() for rendition in job.renditions)
    document = {
        **asdict(job),
        "options": first,
        "renditions": others,
        "secret": Binary(job.secret),
        "request_headers": job.request_headers.to_document(),
        "outputs": list(job.outputs),
        "placeholders": [list(place) for place in sorted(job.placeholders)],
        "remembered": {key: requested.to_document(request) for key, request in job.remembered.items()},
        "origin": job.origin and job.origin.to_document(),
        "result": job.result.to_document(),
        "upload": job.upload and job.upload.to_document(),
        "reuse": job.reuse.to_document(),
    }
    for name, default in _DEFAULTS.items():  # a field that a release added is stored only if it is used
        if document[name] == default:
            del document[name]
    return {"_id": document.pop("id"), **document}


def to_job(document: Document) -> Job:
    """Convert what `to_document` made; in lists of jobs the header is not loaded."""
    read: dict[str, Any] = {
        "id": document["_id"],
        "state": JobState(document["state"]),
        "renditions": tuple(
            map(Rendition.from_document, (document["options"], *document.get("renditions", ())))
        ),
        "dialect": restored(Dialect, document["dialect"]),
        "header": tuple(document.get("header", ())),
        "counts": to_counts(document["counts"]),
        "webhook": _to_webhook(document["webhook"]),
        "request_headers": RequestHeaders.from_document(document.get("request_headers", {})),
        "outputs": tuple(document.get("outputs", _DEFAULTS["outputs"])),
        "placeholders": frozenset(map(tuple, document.get("placeholders", ()))),
        "remembered": {
            key: requested.from_document(request) for key, request in document.get("remembered", {}).items()
        },
        "origin": _read(Origin.from_document, document.get("origin")),
        "naming": _read(Naming.from_document, document.get("naming")),
        "reopened": _read(_to_reopened, document.get("reopened")),
        "result": _read(ResultForm.from_document, document.get("result")) or ResultForm(),
        "upload": _read(BigUpload.from_document, document.get("upload")),
        "reuse": _read(Reuse.from_document, document.get("reuse")) or Reuse(),
    }
    return restored(Job, document, **read)


def _read[T](read: Callable[[Document], T], document: Document | None) -> T | None:
    return None if document is None else read(document)


def _to_reopened(document: Document) -> Reopened:
    return restored(Reopened, document, counts=to_counts(document["counts"]))


def to_counts(document: Document) -> Counts:
    """Read counts, also those that were stored before times were recorded."""
    return restored(Counts, document, times=restored(Times, document.get("times", {})))


def _to_webhook(document: Document | None) -> Webhook | None:
    if document is None:
        return None
    return restored(
        Webhook,
        document,
        state=WebhookState(document["state"]),
        deliveries=tuple(restored(Delivery, delivery) for delivery in document["deliveries"]),
        redeliveries=tuple(document.get("redeliveries", ())),
    )
