"""The protocols that the use cases need. `catalight.adapters` implements them."""

from catalight.usecases.ports.callers import ColumnMemory, Keys, Usage
from catalight.usecases.ports.jobs import Deliveries, Exports, JobList, Jobs, Removable, Results, Rows, Steps
from catalight.usecases.ports.outside import (
    Clock,
    Fetch,
    Hosts,
    Queue,
    ReadTable,
    SecondsLeft,
    WebhookSender,
    WriteResult,
)
from catalight.usecases.ports.storage import ObjectReader, ObjectStore, Uploads

__all__ = [
    "Clock",
    "ColumnMemory",
    "Deliveries",
    "Exports",
    "Fetch",
    "Hosts",
    "JobList",
    "Jobs",
    "Keys",
    "ObjectReader",
    "ObjectStore",
    "Queue",
    "ReadTable",
    "Removable",
    "Results",
    "Rows",
    "SecondsLeft",
    "Steps",
    "Uploads",
    "Usage",
    "WebhookSender",
    "WriteResult",
]
