"""Connections switch to a new MongoDB URI in Secrets Manager, whatever happens to the old one."""

import logging
import threading
import traceback
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo.errors import AutoReconnect, InvalidOperation

from catalight.adapters.aws.secrets import Secrets
from catalight.adapters.mongo import Connection, MongoHosts, MongoRows
from catalight.adapters.mongo.connection import CLOSING, REREAD_SECONDS
from catalight.domain.errors import UnavailableError
from catalight.domain.job.row import Row
from catalight.domain.web.hosts import Host
from local.runner import aws
from local.runner.children import free_port
from tests.integration.guarded_mongod import GuardedMongod, guarded_mongod

FIRST, SECOND = "first/p@ss:word", "second/p@ss:word"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
THREADS = 10


class Secret:
    """The secret in moto's Secrets Manager; counts how often it is read."""

    def __init__(self, endpoint: str, text: str) -> None:
        self.client = aws.client("secretsmanager", endpoint)
        self.arn = self.client.create_secret(Name=uuid.uuid4().hex, SecretString=text)["ARN"]
        self.secrets = Secrets(self.client)
        self.reads = 0
        self.down = False

    def __call__(self) -> str:
        self.reads += 1
        if self.down:
            raise UnavailableError("Secrets Manager")
        return self.secrets.now(self.arn)

    def put(self, text: str) -> None:
        self.client.put_secret_value(SecretId=self.arn, SecretString=text)


@pytest.fixture(scope="module")
def mongod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedMongod]:
    with guarded_mongod(tmp_path_factory.mktemp("guarded"), FIRST) as mongod:
        yield mongod


@pytest.fixture
def secret(mongod: GuardedMongod, aws_endpoint: str) -> Secret:
    mongod.change_password(FIRST)
    return Secret(aws_endpoint, mongod.uri_with(FIRST))


@pytest.fixture
def new(secret: Secret) -> Iterator[Callable[..., Connection]]:
    """Return a function that opens a connection and passes settings, such as a clock, to it."""
    opened: list[Connection] = []

    def connect(**settings: Any) -> Connection:
        opened.append(Connection(secret, f"test-{uuid.uuid4()}", select_seconds=2, **settings))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


def rows(connection: Connection, count: int = 1) -> MongoRows:
    """Return the rows, with `count` stored, so that a connection to MongoDB is open."""
    rows = MongoRows(connection)
    rows.insert(Row("job", number, 1, None, ("x" * 1000,), ()) for number in range(count))
    return rows


def reconnected(connection: Connection, old: object) -> bool:
    return connection.database is not old


def test_an_authenticated_connection_goes_on_after_a_new_password(
    mongod: GuardedMongod, secret: Secret, new: Callable[..., Connection]
) -> None:
    stored = rows(new())
    mongod.change_password(SECOND)
    secret.put(mongod.uri_with(SECOND))
    assert len(stored.read("job", [0])) == 1
    assert secret.reads == 1


def test_the_first_refused_call_switches_to_the_new_password(
    mongod: GuardedMongod, secret: Secret, new: Callable[..., Connection]
) -> None:
    connection = new()
    connection.database  # noqa: B018 (opens it, without a login)
    mongod.change_password(SECOND)
    secret.put(mongod.uri_with(SECOND))
    assert len(rows(connection).read("job", [0])) == 1
    assert secret.reads == 2


def test_many_threads_open_one_new_client_and_no_call_fails(
    mongod: GuardedMongod, secret: Secret, new: Callable[..., Connection]
) -> None:
    connection = new()
    hosts = MongoHosts(connection)
    hosts.back_off([Host("before:80", NOW, 1)])
    old = connection.database
    mongod.change_password(SECOND)
    secret.put(mongod.uri_with(SECOND))
    start = threading.Barrier(THREADS)

    def record(number: int) -> None:
        start.wait()
        for repeat in range(20):
            hosts.back_off([Host(f"{number}-{repeat}:80", NOW, 1)])

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(record, range(THREADS)))
    assert reconnected(connection, old)
    assert secret.reads == 2
    assert connection.database["hosts"].count_documents({}) == 20 * THREADS + 1


def test_a_slow_secret_is_not_read_again_by_those_that_waited(
    mongod: GuardedMongod, secret: Secret, new: Callable[..., Connection]
) -> None:
    seconds = [0.0]
    connection = new(clock=lambda: seconds[0])
    connection.database  # noqa: B018 (opens it, without a login)
    mongod.change_password(SECOND)
    now = secret.secrets.now

    def slow(arn: str) -> str:
        seconds[0] += 2 * REREAD_SECONDS
        return now(arn)

    secret.secrets.now = slow  # type: ignore[method-assign]
    for _ in range(2):
        with pytest.raises(UnavailableError, match="MongoDB"):
            MongoRows(connection).any_pending("job")
    assert secret.reads == 2


def test_a_new_user_replaces_a_dropped_one(
    mongod: GuardedMongod, secret: Secret, new: Callable[..., Connection]
) -> None:
    connection = new()
    stored = rows(connection)
    mongod.command("createUser", "next", pwd=SECOND, roles=["readWriteAnyDatabase"])
    secret.put(mongod.uri_with(SECOND, "next"))
    try:
        mongod.drop_user()
        assert len(stored.read("job", [0])) == 1
    finally:
        mongod.command("dropUser", "next")
        mongod.create_user(FIRST)


def test_work_waits_while_the_secret_has_the_old_password(
    mongod: GuardedMongod,
    secret: Secret,
    new: Callable[..., Connection],
    caplog: pytest.LogCaptureFixture,
) -> None:
    seconds = [0.0]
    connection = new(clock=lambda: seconds[0])
    connection.database  # noqa: B018 (opens it, without a login)
    mongod.change_password(SECOND)
    for _ in range(3):
        with pytest.raises(UnavailableError, match="MongoDB"):
            MongoRows(connection).any_pending("job")
    assert secret.reads == 2
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "refuses the login, and the secret holds no other URI (code 18)" in caplog.text
    secret.put(mongod.uri_with(SECOND))
    seconds[0] = REREAD_SECONDS
    assert not MongoRows(connection).any_pending("job")
    assert FIRST not in caplog.text
    assert "mongodb://" not in caplog.text


def test_a_stream_whose_user_is_dropped_is_unavailable_and_the_next_is_complete(
    mongod: GuardedMongod, secret: Secret, new: Callable[..., Connection]
) -> None:
    connection = new()
    stored = rows(connection, 1_500)
    stream = stored.stream("job")
    next(stream)
    mongod.drop_user()
    mongod.create_user(SECOND)
    secret.put(mongod.uri_with(SECOND))
    try:
        with pytest.raises(UnavailableError, match="MongoDB"):
            list(stream)
        assert len(list(stored.stream("job"))) == 1_500
    finally:
        mongod.drop_user()
        mongod.create_user(FIRST)


def test_the_old_client_stays_open_for_running_calls_and_is_then_closed(
    mongod: GuardedMongod, secret: Secret, new: Callable[..., Connection]
) -> None:
    connection = new()
    stored = rows(connection, 1_500)
    old = connection.database
    stream = stored.stream("job")
    next(stream)
    secret.put(mongod.uri_with(FIRST) + "&appName=other")
    with pytest.raises(UnavailableError), connection.call():
        raise AutoReconnect
    assert reconnected(connection, old)
    assert len(list(stream)) == 1_499
    for thread in threading.enumerate():
        if thread.name == CLOSING:
            thread.join(10)
    with pytest.raises(InvalidOperation, match="after close"):
        old.command("ping")
    assert len(stored.read("job", [0])) == 1


def test_a_database_that_has_moved_is_found_when_the_old_one_does_not_answer(
    mongod: GuardedMongod, aws_endpoint: str
) -> None:
    secret = Secret(aws_endpoint, f"mongodb://127.0.0.1:{free_port()}/")
    connection = Connection(secret, f"test-{uuid.uuid4()}", select_seconds=0.2)
    with pytest.raises(UnavailableError):
        MongoRows(connection).any_pending("job")
    mongod.change_password(FIRST)
    secret.put(mongod.uri_with(FIRST))
    connection._read_at -= REREAD_SECONDS
    assert not MongoRows(connection).any_pending("job")
    connection.close()


def test_in_an_outage_of_secrets_manager_too_work_waits(
    mongod: GuardedMongod, secret: Secret, new: Callable[..., Connection], caplog: pytest.LogCaptureFixture
) -> None:
    connection = new()
    connection.database  # noqa: B018
    mongod.change_password(SECOND)
    secret.down = True
    with pytest.raises(UnavailableError, match="MongoDB"):
        MongoRows(connection).any_pending("job")
    assert "Secrets Manager does not answer" in caplog.text


BAD = [
    "",
    "CANARY",
    '{"username": "u", "password": "CANARY"}',
    "mongodb://u:CANARY/1@h/",
    "mongodb://u:CANARY@1@h/",
    "mongodb://u:CANARY@[::1/",
    "mongodb://u:CANARY@h:99999/",
    "mongodb://u:CANARY@h/?authSource=",
    "postgres://u:CANARY@h/",
]


@pytest.mark.parametrize("text", BAD)
def test_an_invalid_secret_is_reported_without_its_text(text: str, caplog: pytest.LogCaptureFixture) -> None:
    connection = Connection(lambda: text, "test", select_seconds=0.1)
    with pytest.raises(UnavailableError, match="MongoDB") as refused:
        MongoRows(connection).any_pending("job")
    assert "the secret for the MongoDB URI does not hold a usable URI" in caplog.text
    reported = caplog.text + "".join(traceback.format_exception(refused.value))
    assert "CANARY" not in reported


def test_a_typing_error_in_the_secret_is_fixed_by_the_next_text(
    mongod: GuardedMongod, secret: Secret, new: Callable[..., Connection]
) -> None:
    seconds = [0.0]
    connection = new(clock=lambda: seconds[0])
    connection.database  # noqa: B018
    mongod.change_password(SECOND)
    secret.put("mongodb//typo")
    with pytest.raises(UnavailableError):
        MongoRows(connection).any_pending("job")
    secret.put(mongod.uri_with(SECOND))
    seconds[0] = REREAD_SECONDS
    assert not MongoRows(connection).any_pending("job")
