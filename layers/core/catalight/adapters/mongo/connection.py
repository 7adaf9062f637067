"""The database, wherever it is now and by whatever password: a new URI is taken up without a restart."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from threading import Lock, Thread
from typing import Concatenate

from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import OperationFailure

from catalight.adapters.mongo.client import (
    REFUSALS,
    Document,
    UriError,
    open_database,
    unavailable_when_down,
)
from catalight.domain.errors import UnavailableError

LOOK_AGAIN = 5  # seconds after which a URI that was the same is asked for anew: outages have many calls fail
AT_ONCE = 0  # seconds after which to ask again
CLOSING = "close MongoClient"  # name of a thread

logger = logging.getLogger(__name__)


class Connection:
    """A connection that asks for its URI anew where MongoDB refuses the login or does not answer.

    One serves a process for its life, and all of its threads. `uri` tells the URI that holds now. A client
    whose URI is outdated is closed once no call is under way that may still use it.
    """

    def __init__(
        self,
        uri: Callable[[], str],
        database: str,
        *,
        select_seconds: float = 5,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask_uri, self._name, self._select_seconds, self._clock = uri, database, select_seconds, clock
        self._uri = ""
        self._database: Database[Document] | None = None
        self._looked_at = -float(LOOK_AGAIN)
        self._turn = Lock()  # to open a client
        self._calls = 0
        self._outdated: list[Database[Document]] = []
        self._count = Lock()  # of what is under way

    @property
    def database(self) -> Database[Document]:
        """The database as it is reached now; raise UnavailableError where the URI cannot be had or used."""
        if self._database is None:
            with self._turn:
                if self._database is None:
                    self._database = self._opened(self._ask_uri())
        return self._database

    def __getitem__(self, name: str) -> Collection[Document]:
        """A collection, for one call: the next may find it elsewhere."""
        return self.database[name]

    @contextmanager
    def call(self) -> Iterator[None]:
        """Ask in this block; raise UnavailableError, AT_ONCE where there is another URI since."""
        with self._under_way():
            asked = self.database
            try:
                with unavailable_when_down():
                    yield
            except UnavailableError as error:
                if self._renewed(asked, error.__cause__):
                    raise UnavailableError("MongoDB", AT_ONCE) from error
                raise

    def close(self) -> None:
        """Close every client; calls that are under way fail."""
        for database in [*self._outdated, *([self._database] if self._database is not None else [])]:
            database.client.close()

    def _renewed(self, asked: Database[Document], cause: BaseException | None) -> bool:
        """Whether another database is asked now; of threads that fail at once, one looks."""
        with self._turn:
            if self._database is not asked:
                return True
            if self._clock() < self._looked_at + LOOK_AGAIN:
                return False
            self._looked_at = self._clock()
            try:
                uri = self._ask_uri()
                if uri != self._uri:
                    self._database = self._opened(uri)
                    self._outdated.append(asked)
                    logger.warning("the MongoDB URI has changed and is taken up")
                    return True
            except UnavailableError as error:
                logger.error("whether the MongoDB URI has changed is not known: %s", error)
                return False
        if isinstance(cause, OperationFailure) and cause.code in REFUSALS:
            logger.error("MongoDB refuses the login (code %s), and the secret holds no other", cause.code)
        return False

    def _opened(self, uri: str) -> Database[Document]:
        try:
            database = open_database(uri, self._name, self._select_seconds)
        except UriError:
            logger.error("the secret that is to hold the MongoDB URI holds none that can be used")
            raise UnavailableError("MongoDB") from None
        self._uri = uri
        return database

    @contextmanager
    def _under_way(self) -> Iterator[None]:
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
                # In a thread of its own: it says good-bye to a server that may not answer.
                Thread(target=database.client.close, name=CLOSING, daemon=True).start()


class Mongo:
    """What asks MongoDB through a connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection


def reconnecting[S: Mongo, **P, R](method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """A method that asks MongoDB: once more where that has moved, else it raises UnavailableError.

    So it must bear being called twice with the same arguments, and those must not be iterators.
    """

    @wraps(method)
    def ask(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with self._connection.call():
                return method(self, *args, **kwargs)
        except UnavailableError as error:
            if error.retry_after != AT_ONCE:
                raise
            with self._connection.call():
                return method(self, *args, **kwargs)

    return ask


class MongoPing(Mongo):
    """Whether the database can be reached, and lets us in."""

    @reconnecting
    def __call__(self) -> None:
        """Raise UnavailableError where it cannot."""
        self._connection["jobs"].find_one({}, {"_id": True})  # MongoDB's own ping asks for no login
