"""The indexes of all collections."""

from catalight.adapters.mongo.columns import MongoColumnMemory
from catalight.adapters.mongo.connection import Connection
from catalight.adapters.mongo.exports import MongoExports, MongoResults
from catalight.adapters.mongo.hosts import MongoHosts
from catalight.adapters.mongo.jobs import MongoJobs
from catalight.adapters.mongo.keys import MongoKeys
from catalight.adapters.mongo.references import MongoReferences
from catalight.adapters.mongo.rows import MongoRows
from catalight.adapters.mongo.sources import MongoSources
from catalight.adapters.mongo.usage import MongoUsage

INDEXED = (
    MongoJobs,
    MongoRows,
    MongoExports,
    MongoResults,
    MongoKeys,
    MongoUsage,
    MongoColumnMemory,
    MongoSources,
    MongoReferences,
    MongoHosts,
)


def ensure_indexes(connection: Connection) -> None:
    """Create the missing indexes of all collections; fast if none is missing.

    No write relies on one: what must exist only once has its key as its `_id`. So until they exist, queries
    are slower and nothing expires, but all is right.
    """
    for collection in INDEXED:
        collection(connection).ensure_indexes()
