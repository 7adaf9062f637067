"""In-memory and real adapters keep the same promises, so that unit tests may stand on the former."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from catalight.adapters.mongo import MongoJobs, MongoRows
from catalight.domain.catalogue import Dialect
from catalight.domain.errors import ImageError, ImageErrorCode, JobNotFoundError
from catalight.domain.job import Counts, Delivery, Job, JobState, Webhook, WebhookState
from catalight.domain.options import Options
from catalight.domain.row import Image, Row
from catalight.usecases.ports import Jobs, Rows
from tests.fakes import MemoryJobs, MemoryRows

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GONE = ImageError(ImageErrorCode.NOT_FOUND, "The host answered 404.")


@dataclass
class Store:
    jobs: Jobs
    rows: Rows


@pytest.fixture(params=["memory", "mongo"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "memory":
        yield Store(MemoryJobs(), MemoryRows())
    else:
        database: Any = request.getfixturevalue("database")
        rows = MongoRows(database)
        rows.ensure_indexes()
        yield Store(MongoJobs(database), rows)


def a_job(**changes: Any) -> Job:
    job = Job(
        id="job",
        state=JobState.PENDING,
        run=1,
        sealed=False,
        options=Options(quality=70, max_width=800),
        dialect=Dialect(";", "\r\n", bom=True),
        header=("a", "ü\x00\n"),
        file_name="c.csv",
        rows=2,
        images=3,
        ranges=1,
        window=2,
        secret=b"\x00secret",
        api_base="https://api.test",
        link_base="https://cdn.test",
        created_at=NOW,
        webhook=Webhook("https://shop.test/hook"),
    )
    return replace(job, **changes)


def a_row(number: int = 0, job_id: str = "job", row_range: int | None = 0, **changes: Any) -> Row:
    row = Row(job_id, number, 1, row_range, (str(number), "x\ny", ""), (Image("http://h/a"),))
    return replace(row, **changes)


def ended(row: Row) -> Row:
    return replace(row, images=tuple(image.failed(GONE) for image in row.images))


class TestJobs:
    def test_a_job_survives_storage(self, store: Store) -> None:
        job = a_job(counts=Counts(1, 2, 3, 4, {"not_found": 2}), started_at=NOW, finished_at=NOW)
        store.jobs.insert(job)
        assert store.jobs.get("job") == job

    def test_an_unknown_job_is_not_found(self, store: Store) -> None:
        with pytest.raises(JobNotFoundError):
            store.jobs.get("nothing")

    def test_starting_moves_only_what_is_pending_in_this_run(self, store: Store) -> None:
        store.jobs.insert(a_job())
        store.jobs.start("job", 2, NOW)
        assert store.jobs.get("job").state is JobState.PENDING
        store.jobs.start("job", 1, NOW)
        store.jobs.start("job", 1, NOW + timedelta(seconds=9))
        started = store.jobs.get("job")
        assert (started.state, started.started_at) == (JobState.PROCESSING, NOW)

    def test_progress_adds_up_until_the_job_finishes(self, store: Store) -> None:
        store.jobs.insert(a_job(sealed=True))
        counts = Counts(done=1, failed=2, bytes_in=30, bytes_out=4, errors={"not_found": 1, "timeout": 1})
        store.jobs.record_progress("job", 1, counts)
        store.jobs.record_progress("job", 1, Counts(done=1))
        store.jobs.record_progress("job", 2, Counts(done=1))
        assert store.jobs.get("job").counts == counts + Counts(done=1)
        store.jobs.begin_finishing("job", 1)
        store.jobs.record_progress("job", 1, Counts(done=1))
        assert store.jobs.get("job").counts.done == 2

    def test_an_unsealed_job_does_not_finish(self, store: Store) -> None:
        store.jobs.insert(a_job())
        assert not store.jobs.begin_finishing("job", 1)
        store.jobs.seal("job", 2)
        assert not store.jobs.begin_finishing("job", 1)
        store.jobs.seal("job", 1)
        assert store.jobs.begin_finishing("job", 1)

    def test_whoever_finds_it_finishing_is_told_so_again(self, store: Store) -> None:
        store.jobs.insert(a_job(sealed=True))
        assert [store.jobs.begin_finishing("job", 1) for _ in range(2)] == [True, True]
        assert not store.jobs.begin_finishing("job", 2)

    @pytest.mark.parametrize("state", [JobState.COMPLETED, JobState.CANCELLED, JobState.FAILED])
    def test_what_has_ended_does_not_finish_again(self, store: Store, state: JobState) -> None:
        store.jobs.insert(a_job(sealed=True, state=state))
        assert not store.jobs.begin_finishing("job", 1)

    def test_only_a_finishing_job_of_this_run_is_published(self, store: Store) -> None:
        counts = Counts(3, 0, 9, 8, {})
        store.jobs.insert(a_job(sealed=True))
        store.jobs.publish("job", 1, counts, NOW)
        store.jobs.begin_finishing("job", 1)
        store.jobs.publish("job", 2, counts, NOW)
        assert store.jobs.get("job").state is JobState.FINISHING
        store.jobs.publish("job", 1, counts, NOW)
        store.jobs.publish("job", 1, Counts(), NOW + timedelta(seconds=9))
        published = store.jobs.get("job")
        assert (published.state, published.counts, published.finished_at) == (
            JobState.COMPLETED,
            counts,
            NOW,
        )

    def test_a_webhook_attempt_is_claimed_once(self, store: Store) -> None:
        store.jobs.insert(a_job())
        assert store.jobs.begin_delivery("job", 1, 0, NOW)
        assert not store.jobs.begin_delivery("job", 1, 0, NOW)
        assert not store.jobs.begin_delivery("job", 2, 1, NOW)
        webhook = store.jobs.get("job").webhook
        assert webhook == Webhook("https://shop.test/hook", attempts=1, next_at=NOW)

    @pytest.mark.parametrize(
        ("status", "next_at", "state"),
        [
            (200, NOW, WebhookState.DELIVERED),
            (500, NOW, WebhookState.PENDING),
            (500, None, WebhookState.FAILED),
            (None, None, WebhookState.FAILED),
        ],
    )
    def test_deliveries_are_logged(
        self, store: Store, status: int | None, next_at: datetime | None, state: WebhookState
    ) -> None:
        store.jobs.insert(a_job())
        delivery = Delivery(NOW, status, None if status else "timeout", 12)
        store.jobs.record_delivery("job", 1, delivery, next_at)
        webhook = store.jobs.get("job").webhook
        assert webhook
        assert (webhook.state, webhook.deliveries) == (state, (delivery,))
        assert webhook.next_at == (NOW if state is WebhookState.PENDING else None)

    def test_a_delivery_that_has_ended_stays_as_it_ended(self, store: Store) -> None:
        store.jobs.insert(a_job())
        store.jobs.record_delivery("job", 1, Delivery(NOW, 200, None, 1), NOW)
        store.jobs.record_delivery("job", 1, Delivery(NOW, None, "interrupted", 0), None)
        webhook = store.jobs.get("job").webhook
        assert webhook
        assert (webhook.state, len(webhook.deliveries)) == (WebhookState.DELIVERED, 1)


class TestRows:
    def test_rows_survive_storage_in_csv_order(self, store: Store) -> None:
        done = Image("http://h/b").done("t/b.jpg", bytes_in=9, bytes_out=8, width=7, height=6)
        images = (done, Image("n/a").failed(GONE), Image("http://h/c").postponed(GONE, NOW, NOW, 60))
        rows = [a_row(number) for number in (10, 2, 1)] + [a_row(0, images=images)]
        store.rows.insert(rows)
        store.rows.insert([a_row(5, job_id="job2"), a_row(6, job_id="jo")])
        assert list(store.rows.stream("job")) == sorted(rows, key=lambda row: row.number)

    def test_a_range_holds_its_pending_rows_of_this_run(self, store: Store) -> None:
        rows = [a_row(2), a_row(1), ended(a_row(0)), a_row(3, row_range=1), a_row(4, run=2)]
        store.rows.insert([*rows, a_row(0, job_id="other")])
        assert store.rows.pending_in_range("job", 1, 0) == [a_row(1), a_row(2)]

    def test_ending_the_last_row_leaves_nothing_pending(self, store: Store) -> None:
        store.rows.insert([a_row(0), a_row(1, row_range=1), a_row(0, job_id="other")])
        assert store.rows.any_pending("job")
        assert store.rows.save([ended(a_row(0))]) == 1
        assert store.rows.any_pending("job")
        assert store.rows.save([ended(a_row(1))]) == 1
        assert not store.rows.any_pending("job")

    def test_a_row_without_images_is_not_pending(self, store: Store) -> None:
        store.rows.insert([a_row(images=(), row_range=None)])
        assert not store.rows.any_pending("job")

    def test_an_ended_row_stays_as_it_ended(self, store: Store) -> None:
        store.rows.insert([a_row()])
        store.rows.save([ended(a_row())])
        late = replace(a_row(version=1), images=(Image("http://h/a").done("t/a", 1, 1, 1, 1),))
        assert store.rows.save([late]) == 0
        [row] = store.rows.stream("job")
        assert row.images[0].error is ImageErrorCode.NOT_FOUND

    def test_a_stale_twin_writes_nothing(self, store: Store) -> None:
        store.rows.insert([a_row(0), a_row(1)])
        postponed = replace(a_row(0), images=(Image("http://h/a").postponed(GONE, NOW, NOW, 60),))
        assert store.rows.save([postponed]) == 1
        assert store.rows.save([ended(a_row(0)), ended(a_row(1))]) == 1
        first, second = store.rows.stream("job")
        assert (first.pending, first.version, second.pending) == (True, 1, False)
        assert store.rows.save([ended(first)]) == 1

    def test_another_run_writes_nothing(self, store: Store) -> None:
        store.rows.insert([a_row(run=2)])
        assert store.rows.save([ended(a_row(run=1))]) == 0

    def test_saving_nothing_is_nothing(self, store: Store) -> None:
        assert store.rows.save([]) == 0
