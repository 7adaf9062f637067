"""The protocols that the use cases need. `catalight.adapters` implements them."""

from catalight.usecases.ports.callers import ColumnMemory, Keys, Usage
from catalight.usecases.ports.jobs import Deliveries, Exports, JobList, Jobs, Removable, Results, Rows, Steps
from catalight.usecases.ports.outside import (
    Clock,
    Fetch,
    Hosts,
    Queue,
    ReadTable,
    Report,
    SecondsLeft,
    StreamTable,
    WebhookSender,
    WriteResult,
)
from catalight.usecases.ports.reuse import References, Sources
from catalight.usecases.ports.storage import ObjectReader, ObjectStore, Uploads
from catalight.usecases.ports.uploads import BigUploads, ObjectRanges, UploadForms

__all__ = [
    "BigUploads",
    "Clock",
    "ColumnMemory",
    "Deliveries",
    "Exports",
    "Fetch",
    "Hosts",
    "JobList",
    "Jobs",
    "Keys",
    "ObjectRanges",
    "ObjectReader",
    "ObjectStore",
    "Queue",
    "ReadTable",
    "References",
    "Removable",
    "Report",
    "Results",
    "Rows",
    "SecondsLeft",
    "Sources",
    "Steps",
    "StreamTable",
    "UploadForms",
    "Uploads",
    "Usage",
    "WebhookSender",
    "WriteResult",
]
