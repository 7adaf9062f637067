"""The ports, in memory and on MongoDB alike: jobs."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from catalight.domain.catalogue.files import Format
from catalight.domain.errors import JobGoneError, JobNotFoundError
from catalight.domain.job.job import Counts, JobState, Reopened
from catalight.domain.job.naming import Naming
from catalight.domain.job.origin import Origin
from catalight.domain.job.result_form import Placement, ResultForm, ResultFormat
from catalight.domain.job.webhook import Delivery, Webhook, WebhookState
from tests.integration.adapters.ports.stores import LATER, NOW, TIMES, Store, a_job, seal


class TestJobs:
    def test_a_job_survives_storage(self, store: Store) -> None:
        counts = Counts(1, 2, 3, 4, {"not_found": 2}, TIMES)
        job = a_job(counts=counts, started_at=NOW, finished_at=NOW, duplicates=5)
        store.jobs.insert(job)
        assert store.jobs.get("job") == job

    def test_a_jobs_naming_and_days_survive_storage(self, store: Store) -> None:
        job = a_job(naming=Naming("{column:SKU}/{n}", unicode=True, columns=(1,)), keep_days=60)
        store.jobs.insert(job)
        assert store.jobs.get("job") == job

    def test_placeholders_and_how_far_a_retry_is_survive_storage(self, store: Store) -> None:
        counts = Counts(1, 2, 3, 4, {"not_found": 2}, TIMES)
        so_far = Reopened(1, row=7, range=3, weight=2.125, counts=counts)
        store.jobs.insert(a_job(placeholders=frozenset({(7, 1), (3, 0)})))
        store.jobs.record_reopened("job", replace(so_far, run=2), LATER)
        assert store.jobs.get("job").reopened is None
        store.jobs.record_reopened("job", so_far, LATER)
        stored = store.jobs.get("job")
        assert (stored.placeholders, stored.reopened) == (frozenset({(7, 1), (3, 0)}), so_far)
        assert stored.moved_at == LATER
        assert seal(store)
        store.jobs.record_reopened("job", replace(so_far, row=9), LATER)
        assert store.jobs.get("job").reopened == so_far

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
        assert webhook == Webhook("https://shop.test/hook", attempts=1, next_at=NOW, busy_until=NOW)

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

    def test_a_run_does_not_shorten_what_was_extended_meanwhile(self, store: Store) -> None:
        job = a_job(state=JobState.COMPLETED, sealed=True)
        store.jobs.insert(job)
        until = LATER + timedelta(days=9)
        store.jobs.keep_until("job", until, NOW, shorten=False)
        assert store.jobs.begin_run(replace(job, run=2, expires_at=LATER))
        assert store.jobs.get("job").expires_at == until

    @pytest.mark.parametrize("state", [JobState.PENDING, JobState.FINISHING, JobState.COMPLETED])
    @pytest.mark.parametrize(("hours", "shorten", "kept"), [(9, False, 24), (30, False, 30), (9, True, 9)])
    def test_a_job_is_kept_until_a_time(
        self, store: Store, state: JobState, hours: int, shorten: bool, kept: int
    ) -> None:
        store.jobs.insert(a_job(state=state, looks=3))
        store.jobs.keep_until("job", NOW + timedelta(hours=hours), NOW, shorten=shorten)
        job = store.jobs.get("job")
        assert job.expires_at == NOW + timedelta(hours=kept)
        assert (job.moved_at, job.looks, job.state) == (NOW, 3, state)
        assert job.sweep_at
        assert job.sweep_at <= job.expires_at

    def test_only_a_job_that_has_not_expired_is_kept(self, store: Store) -> None:
        store.jobs.insert(a_job())
        store.jobs.keep_until("job", LATER + timedelta(days=9), LATER, shorten=False)
        store.jobs.keep_until("nothing", LATER, NOW, shorten=False)
        assert store.jobs.get("job") == a_job()
        store.jobs.delete("job", NOW)
        gone = store.jobs.find("job")
        store.jobs.keep_until("job", LATER + timedelta(days=9), NOW, shorten=True)
        assert store.jobs.find("job") == gone

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
        job = a_job(naming=Naming("{n}"))
        store.jobs.insert(job)
        store.jobs.leave_tombstone("job", LATER)
        assert store.jobs.get("job") == job
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
        assert tombstone.naming is None
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

    def test_previews_are_not_listed_but_count_as_open(self, store: Store) -> None:
        for name in ("job", "preview"):
            store.jobs.insert(a_job(id=name, preview=name == "preview"))
        assert [job.id for job in store.job_list.page("", frozenset(JobState), None, 9)] == ["job"]
        assert store.job_list.count_open("", 9) == 2
        assert store.jobs.get("preview").preview

    def test_open_jobs_of_an_owner_are_counted_up_to_a_limit(self, store: Store) -> None:
        for number, state in enumerate(JobState):
            store.jobs.insert(a_job(id=f"job{number}", owner="mine", state=state))
        store.jobs.insert(a_job(id="other", owner="yours"))
        assert store.job_list.count_open("mine", 10) == 4  # PENDING, PROCESSING, CANCELLING, FINISHING
        assert store.job_list.count_open("mine", 3) == 3
        assert store.job_list.count_open("nobody", 10) == 0

    def test_the_states_of_known_jobs_are_returned(self, store: Store) -> None:
        store.jobs.insert(a_job())
        store.jobs.insert(a_job(id="other", run=2, state=JobState.COMPLETED))
        found = store.job_list.states(["job", "other", "unknown"])
        assert found == {"job": (1, JobState.PENDING), "other": (2, JobState.COMPLETED)}

    def test_jobs_are_swept_when_they_are_due(self, store: Store) -> None:
        for name, sweep_at in (("a", NOW), ("b", NOW - timedelta(1)), ("c", LATER), ("d", None)):
            store.jobs.insert(a_job(id=name, sweep_at=sweep_at))
        assert [job.id for job in store.job_list.to_sweep(NOW, 9)] == ["b", "a"]
        assert [job.id for job in store.job_list.to_sweep(NOW, 1)] == ["b"]

    def test_an_origin_and_the_form_of_the_result_are_stored(self, store: Store) -> None:
        origin = Origin((1, -1), 0, None, Format.ODS, "utf-16-le", "Tea", (("a", ""), (), ("ü",)))
        form = ResultForm(ResultFormat.XLSX, Placement.REPLACE)
        job = store.jobs.insert(a_job(origin=origin, result=form))
        assert (job.origin, job.result) == (origin, form)
        assert store.jobs.get("job") == job
        store.jobs.delete("job", NOW)
        store.jobs.leave_tombstone("job", LATER)
        gone = store.jobs.find("job")
        assert gone is not None
        assert gone.origin is None

    def test_lists_of_jobs_leave_out_the_headers(self, store: Store) -> None:
        """A header, and the rows above it, may be megabytes long, and a list has up to 200 jobs."""
        origin = Origin((1,), preamble=(("x" * 100_000,),))
        header = ("Serial Number", "x" * 100_000)
        job = store.jobs.insert(a_job(sweep_at=NOW, header=header, origin=origin))
        without = [replace(job, header=(), origin=None)]
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
