"""Reads all documents of a database through the adapters, and says what they mean as plain values."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from catalight.adapters.mongo import (
    Connection,
    Document,
    MongoColumnMemory,
    MongoExports,
    MongoHosts,
    MongoJobs,
    MongoKeys,
    MongoReferences,
    MongoResults,
    MongoRows,
    MongoSources,
    MongoUsage,
)


def _host(connection: Connection, document: Document) -> Any:
    match document["_id"]:
        case {"host": name, "owner": owner}:
            return MongoHosts(connection).known([name], owner)
        case name:
            return MongoHosts(connection).known([name], "")


def _usage(connection: Connection, document: Document) -> Any:
    owner, _, what = document["_id"].rpartition("/")
    if what in ("open", "parsing"):
        return MongoUsage(connection).slots(owner)
    return MongoUsage(connection).of_day(owner, date.fromisoformat(what))


def _source(connection: Connection, document: Document) -> Any:
    sources, ids = MongoSources(connection), [document["_id"]]
    return [*sources.known(ids).values(), *sources.firsts(ids).values()]


READERS: Mapping[str, Callable[[Connection, Document], Any]] = {
    "jobs": lambda connection, document: MongoJobs(connection).find(document["_id"]),
    "rows": lambda connection, document: MongoRows(connection).read(document["job"], [document["number"]]),
    "keys": lambda connection, document: MongoKeys(connection).find(document["_id"]),
    "exports": lambda connection, document: MongoExports(connection).find(document["_id"]),
    "results": lambda connection, document: MongoResults(connection).find(document["_id"]),
    "columns": lambda connection, document: MongoColumnMemory(connection).of_owner(document["_id"]),
    "references": lambda connection, document: MongoReferences(connection).of_links([document["_id"]]),
    "hosts": _host,
    "usage": _usage,
    "sources": _source,
}


def meanings(connection: Connection, documents: Mapping[str, list[Document]]) -> dict[str, list[Any]]:
    """Return what each document of the collections is read as."""
    return {
        name: [meaning(READERS[name](connection, document)) for document in found]
        for name, found in documents.items()
    }


def meaning(value: Any) -> Any:
    """Return a value as JSON can hold it."""
    if is_dataclass(value):
        return {field.name: meaning(getattr(value, field.name)) for field in fields(value)}
    match value:
        case Enum():
            return value.value
        case datetime():
            return value.isoformat()
        case bytes():
            return value.hex()
        case Mapping():
            return {str(key): meaning(one) for key, one in value.items()}
        case frozenset():
            return sorted(map(meaning, value))
        case list() | tuple():
            return list(map(meaning, value))
    return value


def includes(now: Any, then: Any) -> bool:
    """Return whether a value means what an earlier release meant; objects may have more fields since."""
    match then:
        case dict():
            return isinstance(now, dict) and all(
                name in now and includes(now[name], then[name]) for name in then
            )
        case list():
            return isinstance(now, list) and len(now) == len(then) and all(map(includes, now, then))
    return bool(now == then)
