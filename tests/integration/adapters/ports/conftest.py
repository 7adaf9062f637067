"""Runs every test of a port with the in-memory adapters and with MongoDB: unit tests rely on the former."""

from collections.abc import Iterator

import pytest

from catalight.adapters.mongo import (
    Connection,
    MongoBigUploads,
    MongoColumnMemory,
    MongoDeliveries,
    MongoExports,
    MongoJobs,
    MongoKeys,
    MongoReferences,
    MongoResults,
    MongoRows,
    MongoSources,
    MongoUsage,
)
from tests.fake_exports import MemoryExports, MemoryResults
from tests.fake_reuse import MemoryReferences, MemorySources
from tests.fake_uploads import MemoryBigUploads
from tests.fakes import MemoryColumns, MemoryDeliveries, MemoryJobs, MemoryKeys, MemoryRows, MemoryUsage
from tests.integration.adapters.ports.stores import Store


@pytest.fixture(params=["memory", "mongo"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "memory":
        memory = MemoryJobs()
        deliveries, columns, exports = MemoryDeliveries(memory), MemoryColumns(), MemoryExports()
        rows, keys, usage = MemoryRows(), MemoryKeys(), MemoryUsage()
        big, reuse = MemoryBigUploads(memory), (MemorySources(), MemoryReferences())
        further = MemoryResults(), big, *reuse
        yield Store(memory, memory, deliveries, rows, keys, usage, columns, exports, *further)
    else:
        yield _on_mongodb(request.getfixturevalue("mongodb"))


def _on_mongodb(mongodb: Connection) -> Store:
    """Without indexes: the sweeper creates them, when other functions have long begun."""
    jobs, rows, exports = MongoJobs(mongodb), MongoRows(mongodb), MongoExports(mongodb)
    keys, usage, remembered = MongoKeys(mongodb), MongoUsage(mongodb), MongoColumnMemory(mongodb)
    reuse, results = (MongoSources(mongodb), MongoReferences(mongodb)), MongoResults(mongodb)
    further = results, MongoBigUploads(mongodb), *reuse
    return Store(jobs, jobs, MongoDeliveries(mongodb), rows, keys, usage, remembered, exports, *further)
