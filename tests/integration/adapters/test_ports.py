"""In-memory and MongoDB adapters behave the same, so unit tests may rely on the in-memory ones."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from catalight.adapters.mongo import Connection, MongoDeliveries, MongoJobs, MongoKeys, MongoRows, MongoUsage
from catalight.domain.api_keys import ApiKey, Limits
from catalight.domain.catalogue.catalogue import Dialect
from catalight.domain.errors import ImageError, ImageErrorCode, JobGoneError, JobNotFoundError
from catalight.domain.image.options import Options
from catalight.domain.image.report import Source, Times
from catalight.domain.job.job import Counts, Job, JobState
from catalight.domain.job.row import Image, Row, RowState
from catalight.domain.job.webhook import Delivery, Webhook, WebhookState
from catalight.usecases.ports import Deliveries, JobList, Jobs, Keys, Rows, Usage
from tests.fakes import MemoryDeliveries, MemoryJobs, MemoryKeys, MemoryRows, MemoryUsage

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
TIMES = Times(fetch=50, decode=4, resize=3, encode=2, store=10)
GONE = ImageError(ImageErrorCode.NOT_FOUND, "The host answered 404.")


@dataclass
class Store:
    jobs: Jobs
    job_list: JobList
    deliveries: Deliveries
    rows: Rows
    keys: Keys
    usage: Usage


@pytest.fixture(params=["memory", "mongo"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "memory":
        memory = MemoryJobs()
        yield Store(memory, memory, MemoryDeliveries(memory), MemoryRows(), MemoryKeys(), MemoryUsage())
    else:
        mongodb: Connection = request.getfixturevalue("mongodb")
        jobs, rows = MongoJobs(mongodb), MongoRows(mongodb)
        keys, usage = MongoKeys(mongodb), MongoUsage(mongodb)
        for collection in (jobs, rows, keys, usage):
            collection.ensure_indexes()
        yield Store(jobs, jobs, MongoDeliveries(mongodb), rows, keys, usage)


def a_job(**changes: Any) -> Job:
    job = Job(
        id="job",
        owner="",
        fingerprint="",
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
        deadline_at=LATER,
        expires_at=LATER,
        moved_at=NOW,
        sweep_at=LATER,
        webhook=Webhook("https://shop.test/hook"),
    )
    return replace(job, **changes)


def a_row(number: int = 0, job_id: str = "job", row_range: int | None = 0, **changes: Any) -> Row:
    row = Row(job_id, number, 1, row_range, (str(number), "x\ny", ""), (Image("http://h/a"),))
    return replace(row, **changes)


def seal(store: Store, run: int = 1) -> bool:
    return store.jobs.seal("job", run, 1, Counts(), NOW)


def ended(row: Row) -> Row:
    return replace(row, images=tuple(image.failed(GONE) for image in row.images))


class TestJobs:
    def test_a_job_survives_storage(self, store: Store) -> None:
        job = a_job(counts=Counts(1, 2, 3, 4, {"not_found": 2}, TIMES), started_at=NOW, finished_at=NOW)
        store.jobs.insert(job)
        assert store.jobs.get("job") == job

    def test_an_unknown_job_is_not_found(self, store: Store) -> None:
        with pytest.raises(JobNotFoundError):
            store.jobs.get("nothing")

    def test_start_changes_only_a_pending_job_of_this_run(self, store: Store) -> None:
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
        more = Counts(done=1, times=TIMES)
        store.jobs.record_progress("job", 1, counts, NOW)
        store.jobs.record_progress("job", 1, more, NOW)
        store.jobs.record_progress("job", 1, more, NOW)
        store.jobs.record_progress("job", 2, more, NOW)
        assert store.jobs.get("job").counts == counts + more + more
        store.jobs.begin_finishing("job", 1, NOW)
        store.jobs.record_progress("job", 1, Counts(done=1), NOW)
        assert store.jobs.get("job").counts.done == 3

    def test_an_unsealed_job_does_not_finish(self, store: Store) -> None:
        store.jobs.insert(a_job())
        assert not store.jobs.begin_finishing("job", 1, NOW)
        assert not seal(store, 2)
        assert not store.jobs.begin_finishing("job", 1, NOW)
        assert seal(store, 1)
        assert store.jobs.begin_finishing("job", 1, NOW)

    def test_begin_finishing_can_be_repeated(self, store: Store) -> None:
        store.jobs.insert(a_job(sealed=True))
        assert [store.jobs.begin_finishing("job", 1, NOW) for _ in range(2)] == [True, True]
        assert not store.jobs.begin_finishing("job", 2, NOW)

    @pytest.mark.parametrize("state", [JobState.COMPLETED, JobState.CANCELLED, JobState.FAILED])
    def test_an_ended_job_does_not_finish_again(self, store: Store, state: JobState) -> None:
        store.jobs.insert(a_job(sealed=True, state=state))
        assert not store.jobs.begin_finishing("job", 1, NOW)

    def test_only_a_finishing_job_of_this_run_is_published(self, store: Store) -> None:
        counts = Counts(3, 0, 9, 8, {}, TIMES)
        store.jobs.insert(a_job(sealed=True))
        store.jobs.publish("job", 1, JobState.COMPLETED, counts, NOW)
        store.jobs.begin_finishing("job", 1, NOW)
        store.jobs.publish("job", 2, JobState.COMPLETED, counts, NOW)
        assert store.jobs.get("job").state is JobState.FINISHING
        store.jobs.publish("job", 1, JobState.COMPLETED, counts, NOW)
        store.jobs.publish("job", 1, JobState.CANCELLED, Counts(), NOW + timedelta(seconds=9))
        published = store.jobs.get("job")
        assert (published.state, published.counts, published.finished_at) == (
            JobState.COMPLETED,
            counts,
            NOW,
        )

    def test_a_webhook_attempt_is_claimed_once(self, store: Store) -> None:
        store.jobs.insert(a_job())
        assert store.deliveries.begin("job", 1, 0, NOW)
        assert not store.deliveries.begin("job", 1, 0, NOW)
        assert not store.deliveries.begin("job", 2, 1, NOW)
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
        store.deliveries.record("job", 1, 0, delivery, next_at)
        webhook = store.jobs.get("job").webhook
        assert webhook
        assert (webhook.state, webhook.deliveries) == (state, (delivery,))
        assert webhook.next_at == (NOW if state is WebhookState.PENDING else None)

    def test_an_ended_delivery_keeps_its_state(self, store: Store) -> None:
        store.jobs.insert(a_job())
        store.deliveries.record("job", 1, 0, Delivery(NOW, 200, None, 1), NOW)
        store.deliveries.record("job", 1, 0, Delivery(NOW, None, "interrupted", 0), None)
        webhook = store.jobs.get("job").webhook
        assert webhook
        assert (webhook.state, len(webhook.deliveries)) == (WebhookState.DELIVERED, 2)

    def test_a_repeated_insert_returns_the_stored_job(self, store: Store) -> None:
        assert store.jobs.insert(a_job()) == a_job()
        assert store.jobs.insert(a_job(secret=b"other", run=2)) == a_job()

    @pytest.mark.parametrize("state", [JobState.FINISHING, JobState.COMPLETED, JobState.GONE])
    def test_only_a_running_job_is_sealed(self, store: Store, state: JobState) -> None:
        store.jobs.insert(a_job(state=state))
        assert not seal(store)

    def test_seal_stores_the_totals_of_the_run_once(self, store: Store) -> None:
        store.jobs.insert(a_job())
        assert store.jobs.seal("job", 1, 7, Counts(done=3), LATER)
        assert not store.jobs.seal("job", 1, 8, Counts(), NOW)
        sealed = store.jobs.get("job")
        assert (sealed.sealed, sealed.ranges, sealed.counts.done, sealed.moved_at) == (True, 7, 3, LATER)

    def test_progress_resets_the_pauses_between_sweeps(self, store: Store) -> None:
        store.jobs.insert(a_job(looks=5))
        store.jobs.record_progress("job", 1, Counts(), LATER)
        job = store.jobs.get("job")
        assert (job.looks, job.moved_at) == (0, LATER)

    def test_only_a_running_job_is_cancelled_and_a_repeat_is_allowed(self, store: Store) -> None:
        store.jobs.insert(a_job(sealed=True))
        assert [store.jobs.begin_cancelling("job", NOW) for _ in range(2)] == [True, True]
        job = store.jobs.get("job")
        assert (job.state, job.end) == (JobState.CANCELLING, JobState.CANCELLED)
        store.jobs.begin_finishing("job", 1, NOW)
        assert store.jobs.get("job").end is JobState.CANCELLED
        assert not store.jobs.begin_cancelling("job", NOW)
        assert not store.jobs.begin_cancelling("nothing", NOW)

    def test_a_run_begins_once_and_only_after_the_one_before(self, store: Store) -> None:
        job = a_job(state=JobState.CANCELLED, cancelled=True, sealed=True, finished_at=NOW)
        store.jobs.insert(job)
        new = replace(job, run=2, state=JobState.PENDING, sealed=False, cancelled=False, finished_at=None)
        assert [store.jobs.begin_run(new) for _ in range(2)] == [True, False]
        assert store.jobs.get("job") == new
        assert not store.jobs.begin_run(replace(new, run=3))

    def test_a_deleted_job_is_gone_but_kept_until_it_is_purged(self, store: Store) -> None:
        store.jobs.insert(a_job())
        store.jobs.delete("job", NOW)
        with pytest.raises(JobGoneError):
            store.jobs.get("job")
        gone = store.jobs.find("job")
        assert gone
        assert (gone.state, gone.moved_at, gone.secret) == (JobState.GONE, NOW, a_job().secret)
        store.jobs.delete("job", LATER)
        store.jobs.delete("nothing", NOW)
        assert store.jobs.find("job") == gone
        assert store.jobs.find("nothing") is None

    def test_only_a_job_that_does_not_run_expires_after_its_time(self, store: Store) -> None:
        store.jobs.insert(a_job(state=JobState.COMPLETED))
        store.jobs.insert(a_job(id="running"))
        store.jobs.insert(a_job(id="finishing", state=JobState.FINISHING))
        store.jobs.expire("finishing", 1, LATER)
        with pytest.raises(JobGoneError):
            store.jobs.get("finishing")
        store.jobs.expire("job", 2, LATER)
        store.jobs.expire("job", 1, NOW)
        store.jobs.expire("running", 1, LATER)
        assert {store.jobs.get(job_id).id for job_id in ("job", "running")} == {"job", "running"}
        store.jobs.expire("job", 1, LATER)
        with pytest.raises(JobGoneError):
            store.jobs.get("job")

    def test_only_a_job_that_was_never_sealed_is_abandoned(self, store: Store) -> None:
        for job in (a_job(), a_job(id="sealed", sealed=True), a_job(id="retried", run=2)):
            store.jobs.insert(job)
            store.jobs.abandon(job.id, NOW)
        assert {store.jobs.get(job_id).id for job_id in ("sealed", "retried")} == {"sealed", "retried"}
        with pytest.raises(JobGoneError):
            store.jobs.get("job")

    def test_a_buried_job_is_a_tombstone(self, store: Store) -> None:
        store.jobs.insert(a_job())
        store.jobs.leave_tombstone("job", LATER)
        assert store.jobs.get("job") == a_job()
        store.jobs.delete("job", NOW)
        store.jobs.leave_tombstone("job", LATER)
        store.jobs.leave_tombstone("job", LATER + timedelta(1))
        tombstone = store.jobs.find("job")
        assert tombstone
        assert (tombstone.state, tombstone.header, tombstone.file_name, tombstone.webhook) == (
            JobState.GONE,
            (),
            "",
            None,
        )
        assert store.job_list.to_sweep(LATER, 9) == []


class TestJobList:
    def test_pages_go_from_the_newest_to_the_oldest(self, store: Store) -> None:
        times = [NOW, NOW, LATER, NOW - timedelta(days=1)]
        for name, created_at in zip("abcd", times, strict=True):
            store.jobs.insert(a_job(id=name, created_at=created_at))
        store.jobs.insert(a_job(id="other", owner="other"))
        seen, before = "", None
        while page := store.job_list.page("", frozenset(JobState), before, 2):
            seen += "".join(job.id for job in page)
            before = (page[-1].created_at, page[-1].id)
        assert seen == "cbad"

    def test_a_page_has_jobs_in_the_requested_states_and_no_gone_ones(self, store: Store) -> None:
        for state in JobState:
            store.jobs.insert(a_job(id=state, state=state))
        wanted = frozenset({JobState.PENDING, JobState.COMPLETED, JobState.GONE})
        assert {job.id for job in store.job_list.page("", wanted, None, 9)} == {"PENDING", "COMPLETED"}

    def test_open_jobs_of_an_owner_are_counted_up_to_a_limit(self, store: Store) -> None:
        for number, state in enumerate(JobState):
            store.jobs.insert(a_job(id=f"job{number}", owner="mine", state=state))
        store.jobs.insert(a_job(id="other", owner="yours"))
        assert store.job_list.count_open("mine", 10) == 4  # PENDING, PROCESSING, CANCELLING, FINISHING
        assert store.job_list.count_open("mine", 3) == 3
        assert store.job_list.count_open("nobody", 10) == 0

    def test_jobs_are_swept_when_they_are_due(self, store: Store) -> None:
        for name, sweep_at in (("a", NOW), ("b", NOW - timedelta(1)), ("c", LATER), ("d", None)):
            store.jobs.insert(a_job(id=name, sweep_at=sweep_at))
        assert [job.id for job in store.job_list.to_sweep(NOW, 9)] == ["b", "a"]
        assert [job.id for job in store.job_list.to_sweep(NOW, 1)] == ["b"]

    def test_lists_of_jobs_leave_out_the_headers(self, store: Store) -> None:
        """A header may be megabytes long, and a list has up to 200 jobs."""
        job = store.jobs.insert(a_job(sweep_at=NOW, header=("Serial Number", "x" * 100_000)))
        without = [replace(job, header=())]
        assert store.job_list.to_sweep(NOW, 9) == without
        assert store.job_list.page("", frozenset(JobState), None, 9) == without
        assert store.jobs.get("job").header == job.header

    def test_a_sweep_is_counted_unless_the_job_was_rescheduled(self, store: Store) -> None:
        job = store.jobs.insert(a_job(sweep_at=NOW))
        store.job_list.record_sweep(job, LATER)
        swept = store.jobs.get("job")
        assert (swept.sweep_at, swept.looks) == (LATER, 1)
        store.job_list.record_sweep(job, LATER + timedelta(1))
        assert store.jobs.get("job") == swept


class TestDeliveries:
    def test_a_claim_and_a_failure_schedule_a_sweep_for_the_next_attempt(self, store: Store) -> None:
        store.jobs.insert(a_job(sweep_at=LATER))
        store.deliveries.begin("job", 1, 0, NOW + timedelta(seconds=60))
        assert store.jobs.get("job").sweep_at == NOW + timedelta(seconds=60)
        store.deliveries.record("job", 1, 1, Delivery(NOW, 500, None, 1), NOW + timedelta(seconds=30))
        assert store.jobs.get("job").sweep_at == NOW + timedelta(seconds=30)

    def test_renew_resets_the_attempts_and_keeps_the_log(self, store: Store) -> None:
        store.jobs.insert(a_job(state=JobState.COMPLETED))
        store.deliveries.begin("job", 1, 0, LATER)
        delivery = Delivery(NOW, 200, None, 1)
        store.deliveries.record("job", 1, 1, delivery, None)
        store.deliveries.renew("job", 2, NOW)
        store.deliveries.renew("job", 1, NOW)
        webhook = store.jobs.get("job").webhook
        assert webhook == Webhook("https://shop.test/hook", deliveries=(delivery,))

    def test_an_attempt_from_before_a_renewal_is_only_logged(self, store: Store) -> None:
        store.jobs.insert(a_job(state=JobState.COMPLETED))
        store.deliveries.begin("job", 1, 0, LATER)
        store.deliveries.renew("job", 1, NOW)
        delivery = Delivery(NOW, 500, None, 1)
        store.deliveries.record("job", 1, 1, delivery, None)
        webhook = store.jobs.get("job").webhook
        assert webhook == Webhook("https://shop.test/hook", deliveries=(delivery,))

    def test_an_attempt_of_another_run_changes_nothing(self, store: Store) -> None:
        job = store.jobs.insert(a_job(run=2, state=JobState.COMPLETED))
        store.deliveries.record("job", 1, 0, Delivery(NOW, 200, None, 1), None)
        assert not store.deliveries.begin("job", 1, 0, LATER)
        assert store.jobs.get("job") == job

    def test_a_new_run_keeps_the_log(self, store: Store) -> None:
        job = a_job(state=JobState.COMPLETED)
        store.jobs.insert(job)
        delivery = Delivery(NOW, 500, None, 1)
        store.deliveries.begin("job", 1, 0, LATER)
        store.deliveries.record("job", 1, 1, delivery, None)
        assert store.jobs.begin_run(replace(job, run=2))
        webhook = store.jobs.get("job").webhook
        assert webhook == Webhook("https://shop.test/hook", deliveries=(delivery,))

    def test_a_job_that_runs_or_has_no_webhook_is_not_renewed(self, store: Store) -> None:
        store.jobs.insert(a_job(webhook=None, state=JobState.COMPLETED))
        store.deliveries.renew("job", 1, NOW)
        assert store.jobs.get("job").webhook is None


class TestRows:
    def test_rows_survive_storage_in_csv_order(self, store: Store) -> None:
        done = Image("http://h/b").done("t/b.jpg", bytes_in=9, bytes_out=8, width=7, height=6, kept=True)
        reported = Image("http://h/d").done("t/d.jpg", 9, 8, 7, 6, Source("tiff", 70, 60), TIMES)
        images = (
            done,
            reported,
            Image("n/a").failed(GONE),
            Image("http://h/c").retry_later(GONE, NOW, NOW, 60),
        )
        rows = [a_row(number) for number in (10, 2, 1)] + [a_row(0, images=images)]
        store.rows.insert(rows)
        store.rows.insert([a_row(5, job_id="job2"), a_row(6, job_id="jo")])
        assert list(store.rows.stream("job")) == sorted(rows, key=lambda row: row.number)

    def test_a_range_has_its_pending_rows_of_this_run(self, store: Store) -> None:
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

    def test_an_ended_row_does_not_change(self, store: Store) -> None:
        store.rows.insert([a_row()])
        store.rows.save([ended(a_row())])
        late = replace(a_row(version=1), images=(Image("http://h/a").done("t/a", 1, 1, 1, 1),))
        assert store.rows.save([late]) == 0
        [row] = store.rows.stream("job")
        assert row.images[0].error is ImageErrorCode.NOT_FOUND

    def test_a_stale_duplicate_writes_nothing(self, store: Store) -> None:
        store.rows.insert([a_row(0), a_row(1)])
        retry_later = replace(a_row(0), images=(Image("http://h/a").retry_later(GONE, NOW, NOW, 60),))
        assert store.rows.save([retry_later]) == 1
        assert store.rows.save([ended(a_row(0)), ended(a_row(1))]) == 1
        first, second = store.rows.stream("job")
        assert (first.pending, first.version, second.pending) == (True, 1, False)
        assert store.rows.save([ended(first)]) == 1

    def test_another_run_writes_nothing(self, store: Store) -> None:
        store.rows.insert([a_row(run=2)])
        assert store.rows.save([ended(a_row(run=1))]) == 0

    def test_saving_no_rows_does_nothing(self, store: Store) -> None:
        assert store.rows.save([]) == 0

    def test_a_repeated_insert_keeps_the_stored_rows(self, store: Store) -> None:
        store.rows.insert([a_row(0)])
        store.rows.save([ended(a_row(0))])
        store.rows.insert([a_row(0), a_row(1)])
        assert [row.pending for row in store.rows.stream("job")] == [False, True]

    def test_pending_rows_are_ordered_by_range(self, store: Store) -> None:
        rows = [a_row(0, row_range=1), a_row(1, row_range=0), ended(a_row(2)), a_row(3, row_range=2)]
        store.rows.insert([*rows, a_row(0, job_id="other")])
        assert [row.number for row in store.rows.pending("job")] == [1, 0, 3]

    def test_rows_are_read_by_their_numbers(self, store: Store) -> None:
        store.rows.insert([a_row(number) for number in range(4)])
        assert [row.number for row in store.rows.read("job", [3, 1, 9])] == [1, 3]

    def test_only_rows_of_earlier_runs_are_reopened(self, store: Store) -> None:
        store.rows.insert([ended(a_row(0)), a_row(1, run=2)])
        new = a_row(0, run=2, row_range=5, version=3)
        store.rows.reopen([new])
        store.rows.reopen([a_row(0, run=2, row_range=7), a_row(1, run=2, row_range=7)])
        assert list(store.rows.stream("job")) == [new, a_row(1, run=2)]
        assert store.rows.any_pending("job")

    def test_pages_have_rows_in_the_requested_states(self, store: Store) -> None:
        done = Image("http://h/b").done("t/b.jpg", bytes_in=9, bytes_out=8, width=7, height=6)
        lost = Image("http://h/c").failed(GONE)
        cases = [(), (done,), (lost,), (done, lost), (done, Image("http://h/d")), (lost, Image("http://h/d"))]
        store.rows.insert(
            a_row(number, images=images, row_range=0 if number > 3 else None)
            for number, images in enumerate(cases)
        )
        store.rows.insert([a_row(0, job_id="job2")])

        def numbers(*states: RowState, after: int = -1, limit: int = 9) -> list[int]:
            return [row.number for row in store.rows.page("job", frozenset(states), after, limit)]

        assert numbers() == [0, 1, 2, 3, 4, 5]
        assert numbers(after=1, limit=2) == [2, 3]
        assert [numbers(state) for state in RowState] == [[4, 5], [1], [3], [2], [0]]
        assert numbers(RowState.FAILED, RowState.PARTIAL) == [2, 3]

    def test_a_span_of_rows_is_deleted(self, store: Store) -> None:
        store.rows.insert([a_row(number) for number in range(4)])
        store.rows.insert([a_row(1, job_id="job2")])
        store.rows.delete("job", 1, 2)
        assert [row.number for row in store.rows.stream("job")] == [0, 3]
        assert [row.number for row in store.rows.stream("job2")] == [1]


class TestKeys:
    KEY = ApiKey("k", "Acme", "digest", Limits(3, 4), NOW)

    def test_a_key_is_found_by_its_id_and_by_its_digest(self, store: Store) -> None:
        assert store.keys.find("k") is None
        store.keys.insert(self.KEY)
        assert store.keys.find("k") == store.keys.find_by_digest("digest") == self.KEY
        assert store.keys.find_by_digest("k") is None

    def test_a_key_is_stored_once(self, store: Store) -> None:
        """MongoDB's response may be lost; an error on the repeated insert would lose the token."""
        for name in ("Acme", "another"):
            store.keys.insert(replace(self.KEY, name=name))
        assert store.keys.all() == [self.KEY]

    def test_keys_are_listed_from_the_oldest(self, store: Store) -> None:
        newer = replace(self.KEY, id="a", digest="other", created_at=LATER)
        store.keys.insert(newer)
        store.keys.insert(self.KEY)
        assert store.keys.all() == [self.KEY, newer]

    def test_a_key_is_revoked_once(self, store: Store) -> None:
        store.keys.insert(self.KEY)
        store.keys.revoke("k", NOW)
        store.keys.revoke("k", LATER)
        store.keys.revoke("nobody", NOW)
        assert store.keys.all() == [replace(self.KEY, revoked_at=NOW)]

    def test_duplicate_rotations_make_one_webhook_secret(self, store: Store) -> None:
        store.keys.insert(self.KEY)
        for _ in range(2):
            store.keys.rotate_webhook_secret("k", 1, LATER)
        assert store.keys.find("k") == replace(self.KEY, webhook_version=2, overlap_until=LATER)


class TestUsage:
    DAY = NOW.date()

    def test_rows_add_up_to_the_limit_and_no_further(self, store: Store) -> None:
        submissions = {"a": 4, "b": 7, "c": 6, "d": 1}
        added = [
            store.usage.add("k", self.DAY, submission, rows, 10) for submission, rows in submissions.items()
        ]
        assert added == [True, False, True, False]
        assert store.usage.rows("k", self.DAY) == 10

    def test_a_repeated_submission_is_counted_once(self, store: Store) -> None:
        assert [store.usage.add("k", self.DAY, "a", 6, 10) for _ in range(3)] == [True] * 3
        assert store.usage.rows("k", self.DAY) == 6

    def test_more_than_the_limit_is_never_added(self, store: Store) -> None:
        assert not store.usage.add("k", self.DAY, "a", 11, 10)
        assert store.usage.rows("k", self.DAY) == 0

    def test_days_and_owners_are_counted_separately(self, store: Store) -> None:
        store.usage.add("k", self.DAY, "a", 5, 10)
        assert store.usage.rows("k", LATER.date()) == store.usage.rows("j", self.DAY) == 0

    def test_concurrent_adds_never_exceed_the_limit(self, store: Store) -> None:
        with ThreadPoolExecutor(8) as pool:
            added = list(pool.map(lambda n: store.usage.add("k", self.DAY, f"{n}", 1, 10), range(40)))
        assert sum(added) == store.usage.rows("k", self.DAY) == 10
