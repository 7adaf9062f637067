"""The MongoDB client of a function: a small pool, short timeouts, and concerns that the URI cannot weaken."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymongo import MongoClient, ReadPreference, WriteConcern
from pymongo.database import Database
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    CursorNotFound,
    ExecutionTimeout,
    NotPrimaryError,
    OperationFailure,
    WriteConcernError,
)
from pymongo.read_concern import ReadConcern

from catalight.adapters.mongo.refusals import refusal
from catalight.domain.errors import UnavailableError

type Document = dict[str, Any]

DUPLICATE_KEY = 11000  # MongoDB's code
SCHEMES = ("mongodb://", "mongodb+srv://")


class UriError(Exception):
    """The text is not a usable MongoDB URI. The error does not contain it, because it holds a password."""


POOL = 4  # connections


def open_database(uri: str, database: str, select_seconds: float, pool: int = POOL) -> Database[Document]:
    """Connect lazily; raise UriError if the URI cannot be used.

    Raise UnavailableError if the name of a mongodb+srv URI cannot be looked up. A database call raises if no
    primary is found within `select_seconds`.

    At most `pool` calls run at once; others wait for a connection. Primary reads and majority writes are set
    here: the invariants of jobs depend on them.
    """
    uri = uri.strip()  # a secret that comes from a file may end with a newline
    if not uri.startswith(SCHEMES):  # pymongo would parse it as host names
        raise UriError
    try:
        client: MongoClient[Document] = MongoClient(
            uri,
            tz_aware=True,
            maxPoolSize=pool,
            maxIdleTimeMS=60_000,
            serverSelectionTimeoutMS=round(select_seconds * 1000),
            connectTimeoutMS=5_000,
            socketTimeoutMS=20_000,
            retryReads=True,
            retryWrites=True,
            appname="catalight",
        )
        return client.get_database(
            database,
            read_preference=ReadPreference.PRIMARY,
            read_concern=ReadConcern("majority"),
            write_concern=WriteConcern(w="majority", wtimeout=10_000),
        )
    except (ConfigurationError, ValueError) as error:
        if refusal(error):  # of a name server
            raise UnavailableError("MongoDB") from error
        raise UriError from None  # the exception text contains parts of the URI


@contextmanager
def unavailable_when_down() -> Iterator[None]:
    """Raise UnavailableError if MongoDB does not answer, has no primary or refuses calls for a while."""
    try:
        yield
    except (ConnectionFailure, CursorNotFound, NotPrimaryError, ExecutionTimeout) as error:
        raise UnavailableError("MongoDB") from error
    except WriteConcernError as error:
        # Written, but not confirmed by a majority: in time, or because of an election.
        raise UnavailableError("MongoDB") from error
    except ConfigurationError as error:  # raised when the DNS lookup of a mongodb+srv URI fails
        raise UnavailableError("MongoDB") from error
    except BulkWriteError as error:
        # Not "from error": the error contains whole documents, which must not be logged.
        details = error.details or {}
        if details["writeConcernErrors"]:
            raise UnavailableError("MongoDB") from None
        codes = {failure["code"] for failure in details["writeErrors"]}
        raise RuntimeError(f"MongoDB refused to write: {codes}") from None
    except OperationFailure as error:
        if refusal(error):
            raise UnavailableError("MongoDB") from error
        raise


@contextmanager
def ignoring_duplicates() -> Iterator[None]:
    """Make an insert repeatable: ignore documents that exist already."""
    try:
        yield
    except BulkWriteError as error:
        details = error.details or {}
        others = [failure for failure in details["writeErrors"] if failure["code"] != DUPLICATE_KEY]
        if others or details["writeConcernErrors"]:
            raise
