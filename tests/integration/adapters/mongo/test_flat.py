"""What a question costs does not depend on the size of the job."""

from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import monitoring
from pymongo.database import Database

from catalight.adapters.mongo import Connection, MongoJobs, MongoKeys, MongoRows
from catalight.domain.job.row import Row
from catalight.usecases.jobs.own_job import OwnJob
from functions.api.models import Status
from tests.integration.adapters.ports.stores import a_job, a_row, ended


class Commands(monitoring.CommandListener):
    """Records the commands that MongoDB receives."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.replies: list[int] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self.names.append(event.command_name)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        batch = event.reply.get("cursor", {})
        self.replies.append(len(batch.get("firstBatch", batch.get("nextBatch", []))))

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        raise AssertionError(event)


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Commands:
    listener = Commands()
    monkeypatch.setattr(monitoring, "_LISTENERS", monitoring._Listeners([listener], [], [], [], []))
    return listener


def many(rows: int) -> Iterator[Row]:
    return (a_row(number, row_range=number // 10) for number in range(rows))


def examined(database: Database[dict[str, Any]], collection: str, query: dict[str, Any]) -> tuple[int, int]:
    explained = database.command(
        "explain", {"find": collection, "filter": query, "limit": 1}, verbosity="executionStats"
    )
    stats = explained["executionStats"]
    return stats["totalKeysExamined"], stats["totalDocsExamined"]


def test_a_status_is_one_document_by_its_id(
    commands: Commands, mongodb: Connection, database: Database[dict[str, Any]]
) -> None:
    """So is the look-up of the key. Nothing reads rows."""
    jobs, rows, keys = MongoJobs(mongodb), MongoRows(mongodb), MongoKeys(mongodb)
    for collection in (jobs, rows, keys):
        collection.ensure_indexes()
    rows.insert(many(5_000))
    jobs.insert(a_job(rows=5_000, images=5_000))
    jobs.insert(a_job(id="other"))
    commands.names.clear()
    status = Status.of(OwnJob(jobs)("", "job"))
    assert commands.names == ["find"]
    assert (status.rows, status.distinct_images) == (5_000, 5_000)
    assert examined(database, "jobs", {"_id": "job"}) == (1, 1)
    assert examined(database, "api_keys", {"digest": "d"}) == (0, 0)


def test_a_stream_reads_replies_of_bounded_size(commands: Commands, mongodb: Connection) -> None:
    rows = MongoRows(mongodb)
    rows.ensure_indexes()
    rows.insert(many(5_000))
    commands.replies.clear()
    assert sum(1 for _ in rows.stream("job")) == 5_000
    assert sum(1 for _ in rows.pending("job")) == 5_000
    assert max(commands.replies) == 1_000


def test_lane_heads_read_no_rows_and_little_of_the_index(
    commands: Commands, mongodb: Connection, database: Database[dict[str, Any]]
) -> None:
    rows = MongoRows(mongodb)
    rows.ensure_indexes()
    rows.insert(many(5_000))
    rows.save([ended(a_row(number, row_range=number // 10)) for number in range(200)])  # the first 20 ranges
    commands.names.clear()
    assert rows.lane_heads("job", 20) == list(range(20, 40))
    assert commands.names == ["find"] * 20
    explained = database.command(
        "explain",
        {
            "find": "rows",
            "filter": {"job": "job", "pending": True, "range": {"$mod": [20, 7]}},
            "sort": {"range": 1},
            "limit": 1,
        },
        verbosity="executionStats",
    )
    stats = explained["executionStats"]
    assert stats["totalDocsExamined"] == 1
    assert stats["totalKeysExamined"] <= 200
