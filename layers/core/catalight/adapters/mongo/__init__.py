"""MongoDB: jobs and rows (the source of truth), API keys and usage, throttled hosts, columns and so on."""

from catalight.adapters.mongo.big_uploads import MongoBigUploads
from catalight.adapters.mongo.client import Document
from catalight.adapters.mongo.columns import MongoColumnMemory
from catalight.adapters.mongo.connection import Connection, MongoPing
from catalight.adapters.mongo.deliveries import MongoDeliveries
from catalight.adapters.mongo.exports import MongoExports, MongoResults
from catalight.adapters.mongo.hosts import MongoHosts
from catalight.adapters.mongo.indexes import ensure_indexes
from catalight.adapters.mongo.jobs import MongoJobs
from catalight.adapters.mongo.keys import MongoKeys
from catalight.adapters.mongo.references import MongoReferences
from catalight.adapters.mongo.rows import MongoRows
from catalight.adapters.mongo.sources import MongoSources
from catalight.adapters.mongo.usage import MongoUsage

__all__ = [
    "Connection",
    "Document",
    "MongoBigUploads",
    "MongoColumnMemory",
    "MongoDeliveries",
    "MongoExports",
    "MongoHosts",
    "MongoJobs",
    "MongoKeys",
    "MongoPing",
    "MongoReferences",
    "MongoResults",
    "MongoRows",
    "MongoSources",
    "MongoUsage",
    "ensure_indexes",
]
