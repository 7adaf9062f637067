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
    MongoRows,
    MongoSources,
    MongoUsage,
)
from tests.fake_exports import MemoryExports
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
        yield Store(memory, memory, deliveries, rows, keys, usage, columns, exports, big, *reuse)
    else:
        yield _on_mongodb(request.getfixturevalue("mongodb"))


def _on_mongodb(mongodb: Connection) -> Store:
    jobs, rows, exports = MongoJobs(mongodb), MongoRows(mongodb), MongoExports(mongodb)
    keys, usage, remembered = MongoKeys(mongodb), MongoUsage(mongodb), MongoColumnMemory(mongodb)
    reuse = MongoSources(mongodb), MongoReferences(mongodb)
    for collection in (jobs, rows, keys, usage, remembered, exports, *reuse):
        collection.ensure_indexes()
    big = MongoBigUploads(mongodb)
    return Store(jobs, jobs, MongoDeliveries(mongodb), rows, keys, usage, remembered, exports, big, *reuse)
