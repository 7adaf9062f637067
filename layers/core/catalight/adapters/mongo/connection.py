"""A MongoDB connection that switches to a new URI without a restart."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from threading import Lock, Thread
from typing import Concatenate

import pymongo
from pymongo.collection import Collection
from pymongo.database import Database

from catalight.adapters.mongo.client import (
    POOL,
    Document,
    UriError,
    open_database,
    unavailable_when_down,
)
from catalight.adapters.mongo.refusals import refusal
from catalight.domain.errors import UnavailableError

REREAD_SECONDS = 5  # seconds between two reads of the URI: in an outage many calls fail at the same time
AT_ONCE = 0  # retry_after in seconds: the URI has changed, so retry at once
CLOSING = "close MongoClient"  # thread name

logger = logging.getLogger(__name__)


class Connection:
    """A connection that reads its URI again if MongoDB refuses a call or does not answer.

    A process has one for its lifetime, shared by all threads. `uri` returns the current URI. A client with an
    outdated URI is closed as soon as no call is running that may still use it. A call that is not a stream
    ends after `call_seconds`, pymongo's retries included; None means that only each of its steps is limited.
    At most `pool` calls run at once.
    """

    def __init__(
        self,
        uri: Callable[[], str],
        database: str,
        *,
        select_seconds: float = 5,
        call_seconds: float | None = None,
        pool: int = POOL,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask_uri, self._name, self._select_seconds, self._clock = uri, database, select_seconds, clock
        self._call_seconds, self._pool = call_seconds, pool
        self._uri = ""
        self._database: Database[Document] | None = None
        self._read_at = -float(REREAD_SECONDS)
        self._failures = 0  # of opening the first client
        self._opening = Lock()  # held while a client is opened
        self._calls = 0
        self._outdated: list[Database[Document]] = []
        self._count = Lock()  # guards _calls and _outdated

    @property
    def database(self) -> Database[Document]:
        """The current database; raise UnavailableError if the URI cannot be read or used."""
        if self._database is None:
            failures = self._failures
            with self._opening:
                if self._failures != failures:  # while this thread waited; each in turn would take as long
                    raise UnavailableError("MongoDB")
                if self._database is None:
                    self._database = self._first_opened()
        return self._database

    def __getitem__(self, name: str) -> Collection[Document]:
        """Return a collection, for one call only: the database may change before the next."""
        return self.database[name]

    @contextmanager
    def call(self) -> Iterator[None]:
        """Wrap database calls; raise UnavailableError, with AT_ONCE if the URI has changed meanwhile."""
        with self._running_call():
            asked = self.database
            try:
                with unavailable_when_down():
                    yield
            except UnavailableError as error:
                if self._renewed(asked, error.__cause__):
                    raise UnavailableError("MongoDB", AT_ONCE) from error
                raise

    @contextmanager
    def limited_call(self) -> Iterator[None]:
        """Wrap database calls as `call` does, and end them after `call_seconds` in all."""
        with self.call(), pymongo.timeout(self._call_seconds):
            yield

    def close(self) -> None:
        """Close every client; running calls fail."""
        for database in [*self._outdated, *([self._database] if self._database is not None else [])]:
            database.client.close()

    def _renewed(self, asked: Database[Document], cause: BaseException | None) -> bool:
        """Whether the database has changed since; of threads that fail together, only one reads the URI."""
        with self._opening:
            if self._database is not asked:
                return True
            if self._clock() < self._read_at + REREAD_SECONDS:
                return False
            self._read_at = self._clock()
            try:
                uri = self._ask_uri()
                if uri != self._uri:
                    self._database = self._opened(uri)
                    self._outdated.append(asked)
                    logger.warning("the MongoDB URI has changed; using the new one")
                    return True
            except UnavailableError as error:
                logger.error("cannot check whether the MongoDB URI has changed: %s", error)
                return False
            finally:
                self._read_at = self._clock()  # threads that waited meanwhile do not read it again
        _log_refusal(cause)
        return False

    def _first_opened(self) -> Database[Document]:
        try:
            return self._opened(self._ask_uri())
        except UnavailableError:
            self._failures += 1
            raise

    def _opened(self, uri: str) -> Database[Document]:
        try:
            database = open_database(uri, self._name, self._select_seconds, self._pool)
        except UriError:
            logger.error("the secret for the MongoDB URI does not hold a usable URI")
            raise UnavailableError("MongoDB") from None
        except UnavailableError as error:
            _log_refusal(error.__cause__)
            raise
        self._uri = uri
        return database

    @contextmanager
    def _running_call(self) -> Iterator[None]:
        with self._count:
            self._calls += 1
        try:
            yield
        finally:
            done: list[Database[Document]] = []
            with self._count:
                self._calls -= 1
                if not self._calls:
                    done, self._outdated = self._outdated, done
            for database in done:
                # In its own thread: closing contacts the server, which may not answer.
                Thread(target=database.client.close, name=CLOSING, daemon=True).start()


def _log_refusal(error: BaseException | None) -> None:
    if reason := refusal(error):
        code = getattr(error, "code", None)
        logger.error("MongoDB %s%s", reason, "" if code is None else f" (code {code})")


class Mongo:
    """Base of the classes that access MongoDB through a connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection


def reconnecting[S: Mongo, **P, R](method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Decorate a method that accesses MongoDB: call it once more if the URI has changed.

    So the method must allow two calls with the same arguments, and those must not be iterators. Raises
    UnavailableError.
    """

    @wraps(method)
    def call(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with self._connection.limited_call():
                return method(self, *args, **kwargs)
        except UnavailableError as error:
            if error.retry_after != AT_ONCE:
                raise
            with self._connection.limited_call():
                return method(self, *args, **kwargs)

    return call


class MongoPing(Mongo):
    """Checks that the database can be reached and accepts the login."""

    @reconnecting
    def __call__(self) -> None:
        """Raise UnavailableError if the check fails."""
        self._connection["jobs"].find_one({}, {"_id": True})  # MongoDB's ping command needs no login
