"""The current code reads what release 0.1.0 stored, sent and derived, with the same meaning."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from catalight.adapters.mongo import (
    Connection,
    MongoDeliveries,
    MongoHosts,
    MongoJobs,
    MongoKeys,
    MongoRows,
    MongoUsage,
)
from catalight.domain import api_keys, messages
from catalight.domain.api_keys import ApiKey, Limits
from catalight.domain.catalogue import catalogue
from catalight.domain.catalogue.files import Dialect
from catalight.domain.errors import ImageErrorCode, JobGoneError
from catalight.domain.facts import ignore
from catalight.domain.image.formats import Target
from catalight.domain.image.rendition import Rendition
from catalight.domain.image.report import Source, Times
from catalight.domain.job import links
from catalight.domain.job.job import Counts, Job, JobState
from catalight.domain.job.retention import Retention
from catalight.domain.job.row import Image, ImageState, Row, RowState
from catalight.domain.job.webhook import Delivery, Webhook, WebhookState
from catalight.domain.messages import DeliverWebhook, FinishJob, ProcessRange, TendJob
from catalight.domain.usage import Amounts
from catalight.domain.web.hosts import Host
from catalight.usecases.callers.admit import Admit
from catalight.usecases.jobs.ask_completion import AskCompletion
from catalight.usecases.jobs.sample_memory import SampleMemory
from catalight.usecases.jobs.send_window import SendWindow
from catalight.usecases.jobs.submit import Submission, Submit
from catalight.usecases.webhooks.deliver import DeliverWebhook as Deliver
from functions.api import cursors
from tests.fake_reuse import MemorySources
from tests.fakes import FakeClock, MemoryDeliveries, MemoryJobs, MemoryQueue, MemoryRows, MemoryUsage

NOW = datetime(2026, 11, 28, 9, 30, 15, 123000, tzinfo=UTC)
SECRET = bytes(range(32))
URL = "https://supplier.example/a%20b.jpg"
LINK = "ZmyG8mnj3BG-0PCyoYBtPg/a-b.jpg"
HEADER = ("Serial Number", "Product Name", "Input Image Urls")

PENDING = Job(
    id="pending",
    owner="",
    fingerprint="",
    state=JobState.PENDING,
    run=1,
    sealed=False,
    renditions=(Rendition(),),
    dialect=Dialect(","),
    header=HEADER,
    file_name="products.csv",
    rows=3,
    images=4,
    ranges=1,
    window=1000,
    secret=SECRET,
    api_base="https://api.example",
    link_base="https://api.example",
    created_at=NOW,
    deadline_at=NOW + timedelta(days=1),
    expires_at=NOW + timedelta(days=30),
    moved_at=NOW,
    sweep_at=NOW + timedelta(seconds=900),
)

COMPLETED = replace(
    PENDING,
    id="completed",
    owner="key-1",
    fingerprint="ab" * 32,
    state=JobState.COMPLETED,
    sealed=True,
    renditions=(Rendition(80, Target.AUTO, 1024, 768, "#102030"),),
    dialect=Dialect(";", "\n", bom=True),
    file_name="Katalog, 1.csv",
    link_base="https://cdn.example",
    moved_at=NOW + timedelta(seconds=5),
    sweep_at=NOW + timedelta(seconds=35),
    counts=Counts(2, 2, 3000, 900, {"invalid_url": 1, "not_found": 1}, Times(1, 2, 3, 4, 5)),
    started_at=NOW + timedelta(seconds=2),
    finished_at=NOW + timedelta(seconds=5),
    webhook=Webhook(
        "https://shop.example/hook",
        WebhookState.DELIVERED,
        attempts=2,
        deliveries=(
            Delivery(NOW + timedelta(seconds=6), None, "timeout", 20000),
            Delivery(NOW + timedelta(seconds=301), 204, None, 12),
        ),
    ),
)

JOBS = {
    "pending": PENDING,
    "completed": COMPLETED,
    "older": replace(  # stored before jobs had sums of times or a background
        COMPLETED,
        id="older",
        renditions=(Rendition(80, Target.AUTO, 1024, 768),),
        counts=replace(COMPLETED.counts, times=Times()),
        webhook=None,
    ),
    "processing": replace(
        PENDING,
        id="processing",
        state=JobState.PROCESSING,
        sealed=True,
        counts=Counts(done=1, bytes_in=10, bytes_out=5, times=Times(fetch=7)),
        started_at=NOW + timedelta(seconds=2),
        moved_at=NOW + timedelta(seconds=3),
        sweep_at=NOW + timedelta(seconds=1800),
        looks=1,
    ),
    "cancelled": replace(
        PENDING,
        id="cancelled",
        state=JobState.CANCELLED,
        sealed=True,
        cancelled=True,
        counts=Counts(failed=4, errors={"cancelled": 4}),
        moved_at=NOW + timedelta(seconds=4),
        sweep_at=NOW + timedelta(seconds=2),
        finished_at=NOW + timedelta(seconds=4),
    ),
    "retried": replace(
        PENDING,
        id="retried",
        run=2,
        counts=Counts(done=1),
        deadline_at=NOW + timedelta(days=1, seconds=10),
        expires_at=NOW + timedelta(days=30, seconds=10),
        moved_at=NOW + timedelta(seconds=10),
        sweep_at=NOW + timedelta(seconds=10),
    ),
    "gone": replace(
        PENDING,
        id="gone",
        state=JobState.GONE,
        header=(),
        file_name="",
        secret=b"",
        moved_at=NOW + timedelta(seconds=5),
        sweep_at=None,
    ),
}

DONE = Image(
    URL,
    ImageState.DONE,
    link=LINK,
    bytes_in=1000,
    bytes_out=300,
    width=640,
    height=480,
    source=Source("png", 1280, 960),
    times=Times(61, 14, 3, 18, 22),
    kept=True,
)

ROWS = [
    Row("completed", 0, 1, None, ("1", 'Pot, "large"', ""), ()),
    Row(
        "completed",
        1,
        1,
        0,
        ("2", "Tea", "n/a"),
        (
            Image(
                "n/a",
                ImageState.FAILED,
                error=ImageErrorCode.INVALID_URL,
                detail="This is not a usable http or https URL.",
            ),
        ),
    ),
    Row("completed", 2, 1, 0, ("3", "Zażółć", URL), (DONE,), version=1),
    Row(
        "completed",
        3,
        1,
        1,
        ("4", "Busy", "https://b.example/1.jpg, https://b.example/2.jpg"),
        (
            Image(
                "https://b.example/1.jpg",
                attempts=1,
                not_before=NOW + timedelta(seconds=60),
                waiting_since=NOW,
                error=ImageErrorCode.HTTP_ERROR,
                detail="The host answered 503.",
            ),
            Image("https://b.example/2.jpg", not_before=NOW + timedelta(seconds=30), waiting_since=NOW),
        ),
        version=1,
    ),
]

KEY = ApiKey(
    "key-1",
    "acme",
    api_keys.digest("catalight_" + "A" * 43),
    Limits(5, 1000),
    NOW,
    webhook_version=2,
    overlap_until=NOW + timedelta(days=7),
)


@pytest.mark.parametrize("job_id", JOBS)
def test_jobs(stored: Connection, job_id: str) -> None:
    assert MongoJobs(stored).find(job_id) == JOBS[job_id]


def test_a_tombstone_still_says_that_its_job_is_gone(stored: Connection) -> None:
    with pytest.raises(JobGoneError):
        MongoJobs(stored).get("gone")


def test_queries_find_the_old_jobs(stored: Connection) -> None:
    jobs = MongoJobs(stored)
    listed = jobs.page("key-1", frozenset({JobState.COMPLETED}), None, 10)
    assert [job.id for job in listed] == ["older", "completed"]
    assert jobs.count_open("", 10) == 3
    due = {job.id for job in jobs.to_sweep(NOW + timedelta(seconds=900), 10)}
    assert due == {"pending", "completed", "older", "cancelled", "retried"}


def test_old_jobs_continue(stored: Connection) -> None:
    jobs, now = MongoJobs(stored), NOW + timedelta(hours=1)
    assert jobs.begin_finishing("processing", 1, now)
    jobs.publish("processing", 1, JobState.COMPLETED, Counts(done=4), now)
    assert jobs.get("processing").state is JobState.COMPLETED
    MongoDeliveries(stored).renew("completed", 1, now)
    webhook = jobs.get("completed").webhook
    assert webhook is not None
    assert (webhook.state, webhook.attempts) == (WebhookState.PENDING, 0)


def test_rows(stored: Connection) -> None:
    assert list(MongoRows(stored).stream("completed")) == ROWS


def test_rows_stored_before_images_had_a_report(stored: Connection) -> None:
    [row] = MongoRows(stored).stream("older")
    assert row.images == (replace(DONE, source=None, times=None, kept=False),)


def test_queries_find_the_old_rows(stored: Connection) -> None:
    rows = MongoRows(stored)
    assert rows.any_pending("completed")
    assert not rows.any_pending("older")
    assert rows.pending_in_range("completed", 1, 1) == [ROWS[3]]
    by_state = {
        RowState.EMPTY: [0],
        RowState.FAILED: [1],
        RowState.DONE: [2],
        RowState.PENDING: [3],
        RowState.PARTIAL: [],
    }
    for state, numbers in by_state.items():
        assert [row.number for row in rows.page("completed", {state}, -1, 10)] == numbers


def test_a_pending_row_can_end(stored: Connection) -> None:
    rows = MongoRows(stored)
    images = tuple(replace(image, state=ImageState.FAILED, not_before=None) for image in ROWS[3].images)
    assert len(rows.save([replace(ROWS[3], images=images)])) == 1
    assert not rows.any_pending("completed")


def test_hosts_keys_and_usage(stored: Connection) -> None:
    host = Host("b.example:443", NOW + timedelta(seconds=120), 3)
    # Without an owner: it binds all owners, for the seconds that they share.
    assert MongoHosts(stored).known(["b.example:443", "other.example:80"], "key-1") == [host]
    keys = MongoKeys(stored)
    assert keys.find_by_digest(KEY.digest) == KEY
    [_, revoked] = keys.all()
    # The default of then is stored.
    assert (revoked.id, revoked.limits) == ("key-2", Limits(rows_a_day=500_000))
    assert revoked.revoked_at == NOW + timedelta(seconds=5)
    usage, day = MongoUsage(stored), date(2026, 11, 28)
    assert usage.of_day("key-1", day) == Amounts(rows=5)
    limit, four = Amounts(5, 5, 5, 5), Amounts(rows=4, images=4)
    assert usage.add("key-1", day, "completed", four, limit)  # already counted, so it is free
    assert not usage.add("key-1", day, "new", four, limit)
    assert not usage.add("key-1", day, "new", Amounts(images=6), limit)
    assert usage.add("key-1", day, "new", Amounts(images=4), limit)
    assert usage.of_day("key-1", day) == Amounts(rows=5, images=4)


def test_messages(sent_messages: list[str]) -> None:
    assert [messages.decode(text) for text in sent_messages] == [
        ProcessRange("completed", 1, 0),
        ProcessRange("completed", 2, 7, row=3, place=1),
        FinishJob("completed", 1),
        DeliverWebhook("completed", 2),
        TendJob("completed"),
    ]


def test_cursors(derived: dict[str, Any]) -> None:
    assert cursors.read_job(derived["job cursor"]) == (NOW, "0b7e6c1e-5a0f-4f0c-9f5e-3f1f0a6d2b11")
    assert cursors.read_row(derived["row cursor"]) == 41


def test_links_and_objects(derived: dict[str, Any]) -> None:
    assert links.link(SECRET, 1, 2, 0, URL, "jpg") == derived["image link"] == LINK
    assert links.is_link(LINK)
    assert links.image_key(LINK) == derived["image object"]
    assert links.result_key("completed", 2) == derived["result object"]


def test_keys_and_webhook_secrets(derived: dict[str, Any]) -> None:
    assert api_keys.digest("catalight_" + "A" * 43) == derived["token digest"]
    masters = ["whsec_bWFzdGVy"]
    assert api_keys.signing_secrets(masters, KEY, NOW) == derived["webhook secrets"]
    assert api_keys.signing_secrets(masters, None, NOW) == derived["webhook secret without keys"]


@pytest.mark.parametrize("name", ["with options", "without options"])
def test_a_request_repeated_under_its_idempotency_key_is_recognised(
    derived: dict[str, Any], name: str
) -> None:
    full = name == "with options"
    submission = Submission(
        owner="key-1" if full else "",
        catalogue=catalogue.parse(derived["catalogue"].encode()),
        file_name="x.csv",
        renditions=(Rendition(80, Target.AUTO, 1024, None, "#102030") if full else Rendition(),),
        webhook_url="https://shop.example/hook" if full else None,
        api_base="https://api.example",
        link_base="https://api.example",
        idempotency_key="monday-1",
    )
    assert submission.fingerprint == derived[f"fingerprint {name}"]
    job = _submit(submission)
    assert job.fingerprint == submission.fingerprint
    assert job.id == derived["job id of a key" if full else "job id without a key's owner"]


def _submit(submission: Submission) -> Job:
    jobs, rows, clock = MemoryJobs(), MemoryRows(), FakeClock()
    submit = Submit(
        jobs=jobs,
        rows=rows,
        admit=Admit(jobs, MemoryUsage(), clock),
        sample_memory=SampleMemory(MemorySources()),
        send_window=SendWindow(MemoryQueue(), AskCompletion(jobs, rows, MemoryQueue(), clock)),
        clock=clock,
        new_id=lambda: "new",
        window=1000,
        retention=Retention(*(timedelta(days=days) for days in (1, 1, 30, 90))),
    )
    return submit(submission)


def test_a_webhook_has_the_same_id_and_all_that_its_body_had(derived: dict[str, Any]) -> None:
    """Receivers detect duplicates by the id, so attempts before and after an update must share it."""
    sent = []

    def send(owner: str, url: str, webhook_id: str, body: str, now: datetime) -> Delivery:
        sent.append((webhook_id, body))
        return Delivery(now, 200, None, 1)

    jobs = MemoryJobs()
    webhook = Webhook("https://shop.example/hook")
    jobs.insert(replace(COMPLETED, webhook=webhook))
    deliver = Deliver(
        jobs, MemoryDeliveries(jobs), MemoryQueue(), send, FakeClock(), pauses=[], report=ignore
    )
    deliver(DeliverWebhook("completed", 1))
    [(webhook_id, body)] = sent
    old, new = json.loads(derived["webhook body"]), json.loads(body)
    assert webhook_id == derived["webhook id"]
    added = {"file_name": COMPLETED.file_name, "reference": None}
    assert new == old | {"data": old["data"] | added}


def test_an_old_result_submitted_again_loses_the_result_columns(result: bytes) -> None:
    parsed = catalogue.parse(result)
    assert parsed.header == HEADER
    assert parsed.dialect == Dialect(";", "\n", bom=True)
    assert [row.cells for row in parsed.rows] == [row.cells for row in ROWS]


def test_an_old_result_without_the_notes_column_loses_them_too(result: bytes) -> None:
    """The first releases wrote no Notes column."""
    lines = result.decode("utf-8-sig").splitlines()
    older = "\n".join(line.rpartition(";")[0] for line in lines)
    assert catalogue.parse(older.encode()).header == HEADER
