"""Runs every test of a port with the in-memory adapters and with MongoDB: unit tests rely on the former."""

from collections.abc import Iterator

import pytest

from catalight.adapters.mongo import (
    Connection,
    MongoColumnMemory,
    MongoDeliveries,
    MongoJobs,
    MongoKeys,
    MongoRows,
    MongoUsage,
)
from tests.fakes import MemoryColumns, MemoryDeliveries, MemoryJobs, MemoryKeys, MemoryRows, MemoryUsage
from tests.integration.adapters.ports.stores import Store


@pytest.fixture(params=["memory", "mongo"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "memory":
        memory = MemoryJobs()
        deliveries, columns = MemoryDeliveries(memory), MemoryColumns()
        yield Store(memory, memory, deliveries, MemoryRows(), MemoryKeys(), MemoryUsage(), columns)
    else:
        mongodb: Connection = request.getfixturevalue("mongodb")
        jobs, rows = MongoJobs(mongodb), MongoRows(mongodb)
        keys, usage, remembered = MongoKeys(mongodb), MongoUsage(mongodb), MongoColumnMemory(mongodb)
        for collection in (jobs, rows, keys, usage, remembered):
            collection.ensure_indexes()
        yield Store(jobs, jobs, MongoDeliveries(mongodb), rows, keys, usage, remembered)
