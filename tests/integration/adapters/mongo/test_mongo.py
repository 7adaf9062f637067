"""What only MongoDB has: indexes, read and write concerns, and outages."""

import time
import traceback
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import bson
import pytest
from pymongo.database import Database

from catalight.adapters.mongo import Connection, MongoBigUploads, MongoJobs, MongoPing, MongoRows
from catalight.domain.catalogue import catalogue
from catalight.domain.errors import UnavailableError
from catalight.domain.facts import Fact, JobMoved
from catalight.domain.image.report import Source, Times
from catalight.domain.job.job import Counts, JobState
from catalight.domain.job.row import Image, Row
from catalight.domain.job.upload import BigUpload
from local.runner.children import free_port
from tests.integration.adapters.ports.stores import a_job
from tests.pipeline import Pipeline, a_submission

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_both_queries_use_the_partial_index(mongodb: Connection, database: Database[dict[str, Any]]) -> None:
    rows = MongoRows(mongodb)
    rows.ensure_indexes()
    rows.ensure_indexes()
    for query in ({"job": "j", "range": 3, "pending": True, "run": 1}, {"job": "j", "pending": True}):
        plan = database["rows"].find(query).sort("range", -1).explain()["queryPlanner"]["winningPlan"]
        assert "'indexName': 'pending'" in str(plan)
        assert "COLLSCAN" not in str(plan)
        assert "'stage': 'SORT'" not in str(plan)


def test_job_queries_use_indexes_and_tombstones_have_a_ttl(
    mongodb: Connection,
    database: Database[dict[str, Any]],
) -> None:
    MongoJobs(mongodb).ensure_indexes()
    sweep = database["jobs"].find({"sweep_at": {"$lte": NOW}}).sort("sweep_at", 1).limit(9)
    states = {"owner": "", "state": {"$in": ["PENDING"]}}
    page = database["jobs"].find(states).sort([("created_at", -1), ("_id", -1)]).limit(9)
    for query, index in ((sweep, "sweep"), (page, "list")):
        plan = str(query.explain()["queryPlanner"]["winningPlan"])
        assert f"'indexName': '{index}'" in plan
        assert "'stage': 'SORT'" not in plan
    tombstones = database["jobs"].index_information()["tombstones"]
    assert (tombstones["key"], tombstones["expireAfterSeconds"]) == ([("bury_at", 1)], 0)


def test_a_job_of_an_earlier_version_is_read_and_continues(
    mongodb: Connection, database: Database[dict[str, Any]]
) -> None:
    jobs = MongoJobs(mongodb)
    jobs.insert(a_job(counts=Counts(done=1)))
    database["jobs"].update_one({"_id": "job"}, {"$unset": {"counts.times": True}})
    assert jobs.get("job").counts == Counts(done=1)
    jobs.record_progress("job", 1, Counts(done=1, times=Times(store=5)), NOW)
    assert jobs.get("job").counts == Counts(done=2, times=Times(store=5))


def test_each_change_of_a_jobs_state_is_reported_once_by_whoever_makes_it(mongodb: Connection) -> None:
    reported: list[Fact] = []
    jobs = MongoJobs(mongodb, reported.append)
    jobs.insert(a_job(sealed=False))
    for _ in range(2):  # a duplicate handler changes nothing
        jobs.seal("job", 1, 1, Counts(), NOW)
        jobs.start("job", 1, NOW)
        jobs.record_progress("job", 1, Counts(done=1), NOW)
        jobs.begin_finishing("job", 1, NOW)
        jobs.publish("job", 1, JobState.COMPLETED, Counts(done=1), NOW + timedelta(seconds=7))
        jobs.expire("job", 1, datetime(2100, 1, 1, tzinfo=UTC))
    assert [(fact.state, fact.sealed, fact.seconds) for fact in reported if isinstance(fact, JobMoved)] == [
        (JobState.PENDING, True, None),
        (JobState.PROCESSING, False, 0.0),
        (JobState.FINISHING, False, 0.0),
        (JobState.COMPLETED, False, 7.0),
        (JobState.GONE, False, pytest.approx(2.3e9, rel=0.1)),
    ]


def test_the_end_of_a_big_upload_is_reported(mongodb: Connection) -> None:
    reported: list[Fact] = []
    job = a_job(sealed=False, upload=BigUpload(9, "text/csv"))
    MongoJobs(mongodb).insert(job)
    uploads = MongoBigUploads(mongodb, reported.append)
    assert uploads.end(job, JobState.CANCELLED, NOW, claimed=False)
    assert not uploads.end(job, JobState.CANCELLED, NOW, claimed=False)
    assert reported == [JobMoved("job", 1, JobState.CANCELLED, sealed=False, seconds=None)]


def test_a_report_adds_little_to_a_row(database: Database[dict[str, Any]], mongodb: Connection) -> None:
    plain = Image("http://h/b").done("t/b.jpg", 9, 8, 7, 6)
    reported = Image("http://h/b").done("t/b.jpg", 9, 8, 7, 6, Source("jpeg", 7, 6), Times(9, 9, 9, 9, 9))
    MongoRows(mongodb).insert(Row("j", n, 1, 0, (), (image,)) for n, image in enumerate((plain, reported)))
    small, large = (len(bson.encode(row)) for row in database["rows"].find().sort("_id", 1))
    assert large - small < 100  # a row has up to a hundred images, and a job 100,000 rows


def test_a_further_rendition_repeats_nothing_of_its_image(
    database: Database[dict[str, Any]], mongodb: Connection
) -> None:
    image = Image("https://h/" + "a" * 500, written="h/" + "a" * 500, notes=("URL_SCHEME_ADDED",), column=2)
    images = tuple(replace(image, rendition=number) for number in range(8))
    MongoRows(mongodb).insert([Row("j", 0, 1, 0, (), images)])
    [row] = database["rows"].find()
    assert row["images"][1:] == [{"rendition": number} for number in range(1, 8)]
    assert next(iter(MongoRows(mongodb).stream("j"))).images == images


def test_the_uri_cannot_weaken_the_write_concern(mongodb_uri: str) -> None:
    uri = f"{mongodb_uri}&w=1&readPreference=secondary&maxPoolSize=100"
    mongodb = Connection(lambda: uri, "test")
    database = mongodb.database
    assert database.write_concern.document["w"] == "majority"
    assert database.read_preference.mode == 0
    assert database.client.options.pool_options.max_pool_size == 4
    mongodb.close()


def test_a_stream_that_loses_its_cursor_is_unavailable(
    mongodb: Connection,
    database: Database[dict[str, Any]],
) -> None:
    rows = MongoRows(mongodb)
    rows.insert(Row("job", number, 1, None, ("x" * 1000,), ()) for number in range(1_500))
    stream = rows.stream("job")
    next(stream)
    cursors = database.client.admin.aggregate([{"$currentOp": {"idleCursors": True}}])
    lost = [entry["cursor"]["cursorId"] for entry in cursors if entry.get("ns") == f"{database.name}.rows"]
    database.command("killCursors", "rows", cursors=lost)
    with pytest.raises(UnavailableError, match="MongoDB"):
        list(stream)


def test_an_error_of_mongodb_does_not_show_the_rows(
    mongodb: Connection, database: Database[dict[str, Any]]
) -> None:
    database.create_collection("rows", validator={"number": {"$lt": 1}})
    rows = [Row("job", number, 1, None, ("SECRET",), ()) for number in range(2)]
    with pytest.raises(RuntimeError, match="121") as refused:
        MongoRows(mongodb).insert(rows)
    assert "SECRET" not in "".join(traceback.format_exception(refused.value))


def test_a_database_that_is_down_is_unavailable_at_once() -> None:
    uri = f"mongodb://127.0.0.1:{free_port()}/"
    mongodb = Connection(lambda: uri, "test", select_seconds=0.1)
    began = time.monotonic()
    with pytest.raises(UnavailableError, match="MongoDB"):
        MongoPing(mongodb)()
    with pytest.raises(UnavailableError, match="MongoDB"):
        MongoJobs(mongodb).get("job")
    with pytest.raises(UnavailableError, match="MongoDB"):
        list(MongoRows(mongodb).stream("job"))
    assert time.monotonic() - began < 5
    mongodb.close()


def test_short_rows_below_a_wide_header_are_stored_as_short_as_they_came(
    mongodb: Connection, database: Database[dict[str, Any]]
) -> None:
    """They were padded: 17 kB became 11 MB."""
    columns = ["Serial Number", "Product Name", "Input Image Urls", *"a" * 16_381]
    lines = [",".join(columns), *(f"{number},P,http://h/{number}.jpg" for number in range(60))]
    data = "\n".join(lines).encode()
    rows = MongoRows(mongodb)
    replace(Pipeline().submit, rows=rows)(a_submission("http://h/a.jpg", catalogue=catalogue.parse(data)))
    stored = sum(len(bson.encode(document)) for document in database["rows"].find())
    assert database["rows"].count_documents({}) == 60
    assert stored < len(data)
