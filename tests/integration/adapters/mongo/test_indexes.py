"""The indexes of all collections. The port tests run without, as the functions do until the sweeper ran."""

from typing import Any

from pymongo.database import Database

from catalight.adapters import mongo
from catalight.adapters.mongo import Connection, ensure_indexes
from catalight.adapters.mongo.indexes import INDEXED


def test_all_collections_with_indexes_are_named() -> None:
    adapters = {getattr(mongo, name) for name in mongo.__all__}
    assert {adapter for adapter in adapters if hasattr(adapter, "ensure_indexes")} == set(INDEXED)


def test_they_are_created_once(mongodb: Connection, database: Database[dict[str, Any]]) -> None:
    ensure_indexes(mongodb)
    ensure_indexes(mongodb)
    created = {name: set(database[name].index_information()) for name in database.list_collection_names()}
    assert created == {
        "keys": {"_id_", "digest"},
        "columns": {"_id_", "forgotten"},
        "exports": {"_id_", "job", "active"},
        "hosts": {"_id_", "forgotten"},
        "jobs": {"_id_", "sweep", "list", "open", "tombstones"},
        "references": {"_id_", "of_job"},
        "results": {"_id_", "job", "active"},
        "rows": {"_id_", "pending"},
        "sources": {"_id_", "forgotten"},
        "usage": {"_id_", "forgotten"},
    }
