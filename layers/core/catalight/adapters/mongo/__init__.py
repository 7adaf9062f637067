"""Jobs and rows in MongoDB, the only truth; API keys; and the hosts that want to be left alone."""

from catalight.adapters.mongo.client import Document, connect, ping, unavailable_when_down
from catalight.adapters.mongo.deliveries import MongoDeliveries
from catalight.adapters.mongo.hosts import MongoHosts
from catalight.adapters.mongo.jobs import MongoJobs
from catalight.adapters.mongo.keys import MongoKeys, MongoUsage
from catalight.adapters.mongo.rows import MongoRows

__all__ = [
    "Document",
    "MongoDeliveries",
    "MongoHosts",
    "MongoJobs",
    "MongoKeys",
    "MongoRows",
    "MongoUsage",
    "connect",
    "ping",
    "unavailable_when_down",
]
