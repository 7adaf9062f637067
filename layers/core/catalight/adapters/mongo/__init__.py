"""Jobs and rows in MongoDB: the only truth."""

from catalight.adapters.mongo.client import connect, ping, unavailable_when_down
from catalight.adapters.mongo.deliveries import MongoDeliveries
from catalight.adapters.mongo.jobs import MongoJobs
from catalight.adapters.mongo.rows import MongoRows

__all__ = ["MongoDeliveries", "MongoJobs", "MongoRows", "connect", "ping", "unavailable_when_down"]
