"""Runs every test of a port with the in-memory adapters and with MongoDB: unit tests rely on the former."""

from collections.abc import Iterator

import pytest

from catalight.adapters.mongo import Connection, MongoDeliveries, MongoJobs, MongoKeys, MongoRows, MongoUsage
from tests.fakes import MemoryDeliveries, MemoryJobs, MemoryKeys, MemoryRows, MemoryUsage
from tests.integration.adapters.ports.stores import Store


@pytest.fixture(params=["memory", "mongo"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "memory":
        memory = MemoryJobs()
        yield Store(memory, memory, MemoryDeliveries(memory), MemoryRows(), MemoryKeys(), MemoryUsage())
    else:
        mongodb: Connection = request.getfixturevalue("mongodb")
        jobs, rows = MongoJobs(mongodb), MongoRows(mongodb)
        keys, usage = MongoKeys(mongodb), MongoUsage(mongodb)
        for collection in (jobs, rows, keys, usage):
            collection.ensure_indexes()
        yield Store(jobs, jobs, MongoDeliveries(mongodb), rows, keys, usage)
