"""The sweeper's handler: it creates the indexes, and sweeps also if MongoDB refuses one."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from pymongo.database import Database

from catalight.adapters.aws import secrets
from catalight.domain.facts import Fact, SweepDone
from functions.sweeper import handler
from local import options
from local.runner import aws

CONTEXT: Any = SimpleNamespace(
    function_name="sweeper",
    memory_limit_in_mb=256,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:sweeper",
    aws_request_id="r",
    get_remaining_time_in_millis=lambda: 60_000,
)
CACHED = (handler.mongodb, handler.sweep, handler.create_indexes, secrets.secrets_of)


@pytest.fixture
def _environment(
    aws_endpoint: str, mongodb_uri: str, database: Database[Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The function's variables, for a database of its own."""
    secret = aws.client("secretsmanager", aws_endpoint).create_secret(
        Name=f"sweeper-{uuid4()}", SecretString=mongodb_uri
    )
    queue = aws.client("sqs", aws_endpoint).create_queue(QueueName=f"sweeper-{uuid4()}")
    variables = {
        "MONGODB_URI_SECRET_ARN": secret["ARN"],
        "MONGODB_DATABASE": database.name,
        "AGGREGATOR_QUEUE_URL": queue["QueueUrl"],
        "NUMBERS": json.dumps(options.numbers(options.declared(), {})),
        **dict.fromkeys(
            ("PATIENCE_SECONDS", "JOB_DEADLINE_SECONDS", "RETENTION_DAYS", "LONGEST_DAYS"), "900"
        ),
    }
    for name, value in (aws.environment(aws_endpoint) | variables).items():
        monkeypatch.setenv(name, value)
    for cached in CACHED:
        cached.cache_clear()
    yield
    handler.mongodb().close()
    for cached in CACHED:
        cached.cache_clear()


@pytest.mark.usefixtures("_environment")
def test_it_creates_the_indexes(database: Database[Any]) -> None:
    for _ in range(2):
        handler.handle({}, CONTEXT)
    assert "sweep" in database["jobs"].index_information()
    assert "pending" in database["rows"].index_information()


@pytest.mark.usefixtures("_environment")
def test_it_sweeps_also_if_an_index_is_refused(
    database: Database[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else stalled jobs would wait until somebody drops the index."""
    database["jobs"].create_index("other", name="sweep")
    done = list[Fact]()
    monkeypatch.setattr(handler, "report", done.append)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="see its log"):
            handler.handle({}, CONTEXT)
    assert done == [SweepDone(jobs=0, stuck=0)] * 2
