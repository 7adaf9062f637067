"""Stalled jobs are resumed; overdue, cancelled, deleted and expired jobs are ended or removed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from catalight.domain.errors import JobGoneError, JobNotFinishedError
from catalight.domain.job.job import JobState
from catalight.domain.job.request_headers import RequestHeaders
from catalight.domain.job.sweeping import GRACE, UPLOAD_TIMEOUT
from catalight.domain.messages import DeliverWebhook, FinishJob, ProcessRange, TendJob
from tests.pipeline import BUSY, MISSING, RETENTION, Pipeline, answering, tens
from tests.unit.usecases.jobs.test_submit import dies

HOOK = "https://shop.test/hook"
TEN = " ".join(f"http://h/{n}.jpg" for n in range(10))
STALL_TIMEOUT = RETENTION.stall_timeout.total_seconds()


class TestStalledJobs:
    def test_only_a_stalled_job_is_sent_again(self) -> None:
        pipeline = Pipeline(window=2)
        job = pipeline.start(*tens(3))
        pipeline.image_queue.take()
        pipeline.clock.forward(STALL_TIMEOUT - 1)
        pipeline.tend(job)
        assert pipeline.image_queue.take() == []
        pipeline.clock.forward(1)
        pipeline.tend(job)
        assert [message for message, _ in pipeline.image_queue.take()] == [
            ProcessRange(job.id, 1, 0),
            ProcessRange(job.id, 1, 1),
        ]

    def test_the_first_range_of_each_lane_is_sent_if_it_is_due(self) -> None:
        pipeline = Pipeline(window=2, hosts={f"http://h/{n}.jpg": BUSY for n in range(10, 20)})
        job = pipeline.start(*tens(5))
        for number in (0, 1, 2):
            pipeline.process(ProcessRange(job.id, 1, number))
        pipeline.image_queue.take()
        pipeline.clock.forward(STALL_TIMEOUT)
        row = pipeline.rows.rows[job.id, 1]
        later = [image.deferred(pipeline.clock() + timedelta(hours=1)) for image in row.images]
        pipeline.record_images(job, [row], {(1, place): image for place, image in enumerate(later)})
        pipeline.clock.forward(STALL_TIMEOUT)
        pipeline.tend(job)
        assert [message for message, _ in pipeline.image_queue.take()] == [ProcessRange(job.id, 1, 4)]

    def test_a_complete_job_without_a_finish_message_is_finished(self) -> None:
        pipeline = Pipeline()
        job = pipeline.start("http://h/a.jpg")
        [row] = pipeline.rows.stream(job.id)
        pipeline.record_images(job, [row], {(0, 0): row.images[0].failed(MISSING)})
        pipeline.tend(job)
        assert pipeline.aggregator_queue.take() == [(FinishJob(job.id, 1), 0)]

    def test_a_lost_finish_message_is_sent_again(self) -> None:
        pipeline = Pipeline()
        job = pipeline.start("http://h/a.jpg")
        pipeline.process(ProcessRange(job.id, 1, 0))
        pipeline.aggregator_queue.take()
        pipeline.tend(job)
        assert pipeline.aggregator_queue.take() == []
        pipeline.clock.forward(STALL_TIMEOUT)
        pipeline.tend(job)
        assert pipeline.aggregator_queue.take() == [(FinishJob(job.id, 1), 0)]

    def test_a_lost_webhook_message_is_sent_again(self) -> None:
        pipeline = Pipeline()
        job = pipeline.start("http://h/a.jpg", webhook_url=HOOK)
        pipeline.process(ProcessRange(job.id, 1, 0))
        pipeline.finish_job(FinishJob(job.id, 1))
        pipeline.webhook_queue.take()
        pipeline.aggregator_queue.take()
        pipeline.clock.forward(STALL_TIMEOUT)
        pipeline.sweep_all()
        assert pipeline.webhook_queue.take() == [(DeliverWebhook(job.id, 1), 0)]

    def test_an_unknown_job_is_ignored(self) -> None:
        pipeline = Pipeline()
        pipeline.tend_job(TendJob("nothing"), lambda: 100.0)


class TestSweep:
    def test_each_job_is_found_when_it_is_due_and_not_before(self) -> None:
        pipeline = Pipeline()
        job = pipeline.start("http://h/a.jpg")
        pipeline.sweep(lambda: 100.0)
        assert pipeline.aggregator_queue.take() == []
        pipeline.clock.forward(STALL_TIMEOUT)
        pipeline.sweep(lambda: 100.0)
        assert pipeline.aggregator_queue.take() == [(TendJob(job.id), 0)]
        pipeline.sweep(lambda: 100.0)
        assert pipeline.aggregator_queue.take() == []

    def test_after_a_sweep_that_died_after_sending_the_next_finds_the_same_jobs(self) -> None:
        pipeline = Pipeline()
        job = pipeline.start("http://h/a.jpg")
        pipeline.clock.forward(STALL_TIMEOUT)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pipeline.jobs, "record_sweep", dies)
            with pytest.raises(SystemExit):
                pipeline.sweep(lambda: 100.0)
        pipeline.sweep(lambda: 100.0)
        assert pipeline.aggregator_queue.take() == [(TendJob(job.id), 0)] * 2

    def test_many_jobs_are_swept_in_batches_while_time_is_left(self) -> None:
        pipeline = Pipeline()
        for _ in range(250):
            pipeline.start("http://h/a.jpg")
        pipeline.clock.forward(STALL_TIMEOUT)
        times = iter([100.0, 1.0])
        pipeline.sweep(lambda: next(times))
        assert len(pipeline.aggregator_queue.take()) == 200
        pipeline.sweep(lambda: 100.0)
        assert len(pipeline.aggregator_queue.take()) == 50


class TestDeadline:
    def test_a_job_past_its_deadline_ends_with_its_results_so_far(self) -> None:
        pipeline = Pipeline(window=1)
        job = pipeline.start(*tens(2))
        pipeline.process(ProcessRange(job.id, 1, 0))
        pipeline.image_queue.take()
        pipeline.clock.forward(RETENTION.job_deadline.total_seconds())
        pipeline.sweep_all()
        pipeline.run()
        ended = pipeline.jobs.get(job.id)
        assert (ended.state, ended.counts.errors) == (JobState.COMPLETED, {"deadline_exceeded": 10})
        assert ended.counts.done == 10

    def test_rows_for_which_there_is_no_time_end_at_the_next_tending(self) -> None:
        pipeline = Pipeline()
        job = pipeline.start(*["http://h/a.jpg"] * 600)
        pipeline.clock.forward(RETENTION.job_deadline.total_seconds())
        pipeline.tend(job, seconds_left=lambda: 1.0)
        assert pipeline.rows.any_pending(job.id)
        pipeline.tend(job)
        assert not pipeline.rows.any_pending(job.id)


class TestCancelling:
    def test_ranges_not_sent_end_at_once_and_the_others_are_left_to_their_workers(self) -> None:
        pipeline = Pipeline(window=2)
        job = pipeline.start(*tens(6))
        pipeline.process(ProcessRange(job.id, 1, 1))
        pipeline.cancel_job(job.id)
        pipeline.tend(job)
        assert [row.number for row in pipeline.rows.pending(job.id)] == [0, 3]

    def test_images_waiting_for_a_retry_end_at_once(self) -> None:
        pipeline = Pipeline(hosts={"http://h/x.jpg": BUSY})
        job = pipeline.start("http://h/x.jpg")
        pipeline.process(ProcessRange(job.id, 1, 0))
        pipeline.cancel_job(job.id)
        pipeline.tend(job)
        assert pipeline.images(job) == {"http://h/x.jpg": "cancelled"}
        assert pipeline.jobs.get(job.id).state is JobState.FINISHING

    def test_running_images_finish(self) -> None:
        pipeline = Pipeline(window=1)
        job = pipeline.start("http://h/0.jpg", *[TEN.replace("/h/", f"/{n}/") for n in range(2)])
        fetch = pipeline.fetch

        def cancelled_meanwhile(url: str, headers: RequestHeaders) -> bytes:
            pipeline.cancel_job(job.id)
            pipeline.tend(job)
            return fetch(url, headers)

        compress_images = replace(pipeline.compress_images, fetch=answering(cancelled_meanwhile))
        pipeline.process_range = replace(pipeline.process_range, compress_images=compress_images)
        pipeline.run()
        assert pipeline.images(job)["http://h/0.jpg"] == "DONE"
        ended = pipeline.jobs.get(job.id)
        assert (ended.state, ended.counts.done, ended.counts.errors) == (
            JobState.CANCELLED,
            11,
            {"cancelled": 10},
        )

    def test_the_sweeper_recovers_from_a_lost_message(self) -> None:
        pipeline = Pipeline(window=1)
        job = pipeline.start(*tens(2))
        pipeline.image_queue.take()
        pipeline.aggregator_queue.down = True
        pipeline.cancel_job(job.id)
        pipeline.aggregator_queue.down = False
        pipeline.sweep_all()
        assert [row.number for row in pipeline.rows.pending(job.id)] == [0]
        pipeline.clock.forward(STALL_TIMEOUT)
        pipeline.sweep_all()
        pipeline.run()
        assert pipeline.jobs.get(job.id).state is JobState.CANCELLED


class TestRetrying:
    def test_only_failed_images_are_processed_again_and_a_new_result_is_published(self) -> None:
        pipeline = Pipeline(hosts={"http://h/b.jpg": MISSING})
        job = pipeline.start("http://h/a.jpg http://h/b.jpg", "http://h/c.jpg, n/a", webhook_url=HOOK)
        pipeline.run()
        pipeline.hosts.clear()
        pipeline.fetched.clear()
        new = pipeline.retry_job(job.id)
        pipeline.run()
        assert pipeline.fetched == ["http://h/b.jpg"]
        ended = pipeline.jobs.get(job.id)
        assert (ended.run, ended.state, ended.counts.done, ended.counts.errors) == (
            2,
            JobState.COMPLETED,
            3,
            {"invalid_url": 1},
        )
        assert pipeline.result(new) != pipeline.result(job)
        assert [webhook_id for _, webhook_id, _ in pipeline.delivered] == [
            f"msg_{job.id}_{run}_job.completed" for run in (1, 2)
        ]

    def test_a_retry_keeps_what_was_repaired(self) -> None:
        pipeline = Pipeline(hosts={"https://www.h.com/b.jpg": MISSING})
        job = pipeline.start("www.h.com/b.jpg")
        pipeline.run()
        pipeline.hosts.clear()
        pipeline.retry_job(job.id)
        pipeline.run()
        [row] = pipeline.rows.stream(job.id)
        assert [(image.state, image.written, image.notes) for image in row.images] == [
            ("DONE", "www.h.com/b.jpg", ("URL_SCHEME_ADDED",))
        ]

    def test_a_retry_with_nothing_to_do_ends_at_once(self) -> None:
        pipeline = Pipeline()
        job = pipeline.start("http://h/c.jpg")
        pipeline.run()
        pipeline.retry_job(job.id)
        pipeline.run()
        assert pipeline.jobs.get(job.id).state is JobState.COMPLETED
        assert len(pipeline.fetched) == 1

    def test_a_cancelled_job_can_be_retried(self) -> None:
        pipeline = Pipeline()
        job = pipeline.start(TEN)
        pipeline.cancel_job(job.id)
        pipeline.run()
        pipeline.retry_job(job.id)
        pipeline.run()
        ended = pipeline.jobs.get(job.id)
        assert (ended.state, ended.counts.done) == (JobState.COMPLETED, 10)

    @pytest.mark.parametrize("died_at", ["rows.reopen", "jobs.seal", "image_queue.send"])
    def test_a_retry_that_died_half_way_continues_in_the_same_ranges(self, died_at: str) -> None:
        pipeline = Pipeline(hosts={f"http://h/{n}.jpg": MISSING for n in range(30)})
        job = pipeline.start(*tens(3))
        pipeline.run()
        pipeline.hosts.clear()
        pipeline.aggregator_queue.down = True
        pipeline.retry_job(job.id)
        pipeline.aggregator_queue.down = False
        port, method = died_at.split(".")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(getattr(pipeline, port), method, dies)
            with pytest.raises(SystemExit):
                pipeline.tend(job)
        for _ in range(3):
            pipeline.clock.forward(STALL_TIMEOUT)
            pipeline.sweep_all()
            pipeline.run()
        assert pipeline.jobs.get(job.id).state is JobState.COMPLETED
        assert set(pipeline.images(job).values()) == {"DONE"}
        assert {row.range for row in pipeline.rows.stream(job.id)} == {0, 1, 2}

    def test_a_running_job_is_not_retried(self) -> None:
        pipeline = Pipeline()
        job = pipeline.start(TEN)
        with pytest.raises(JobNotFinishedError):
            pipeline.retry_job(job.id)

    def test_a_retry_keeps_the_job_longer_but_not_for_ever(self) -> None:
        pipeline = Pipeline()
        job = pipeline.start(TEN)
        pipeline.run()
        for _ in range(8):
            pipeline.clock.forward(timedelta(days=20).total_seconds())
            if pipeline.clock() < pipeline.jobs.get(job.id).expires_at:
                pipeline.retry_job(job.id)
                pipeline.run()
        assert pipeline.jobs.get(job.id).expires_at == job.created_at + RETENTION.max_lifetime


class TestRemoving:
    def test_an_upload_that_was_never_sealed_is_removed(self) -> None:
        pipeline = Pipeline()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pipeline.rows, "insert", dies)
            with pytest.raises(SystemExit):
                pipeline.start(TEN)
        [job] = pipeline.jobs.jobs.values()
        pipeline.tend(job)
        assert pipeline.jobs.get(job.id) == job
        pipeline.clock.forward(UPLOAD_TIMEOUT.total_seconds())
        pipeline.sweep_all()
        with pytest.raises(JobGoneError):
            pipeline.jobs.get(job.id)

    def test_an_expired_job_is_removed_and_its_tombstone_is_kept(self) -> None:
        pipeline = Pipeline(hosts={"http://h/1.jpg": MISSING})
        job = pipeline.start(TEN)
        pipeline.run()
        pipeline.clock.forward(RETENTION.lifetime.total_seconds() - 1)
        pipeline.sweep_all()
        assert pipeline.jobs.get(job.id).state is JobState.COMPLETED
        pipeline.clock.forward(STALL_TIMEOUT)
        for _ in range(3):
            pipeline.sweep_all()
            pipeline.clock.forward(GRACE.total_seconds())
        assert pipeline.store.objects == {}
        assert pipeline.rows.rows == {}
        with pytest.raises(JobGoneError):
            pipeline.jobs.get(job.id)

    def test_objects_stored_by_a_late_worker_are_removed_too(self) -> None:
        pipeline = Pipeline()
        job = pipeline.start("http://h/a.jpg")
        put = pipeline.store.put

        def deleted_meanwhile(key: str, data: bytes, media_type: str) -> None:
            pipeline.delete_job(job.id)
            pipeline.tend(job)
            put(key, data, media_type)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pipeline.store, "put", deleted_meanwhile)
            patch.setattr(pipeline.rows, "save", dies)
            with pytest.raises(SystemExit):
                pipeline.process(ProcessRange(job.id, 1, 0))
        assert len(pipeline.store.objects) == 1
        pipeline.clock.forward(GRACE.total_seconds())
        pipeline.tend(job)
        assert pipeline.store.objects == {}
        assert pipeline.rows.rows == {}

    def test_objects_stored_by_a_worker_of_an_earlier_run_are_removed_too(self) -> None:
        pipeline = Pipeline()
        job = pipeline.start("http://h/a.jpg")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pipeline.rows, "save", dies)
            with pytest.raises(SystemExit):
                pipeline.process(ProcessRange(job.id, 1, 0))
        late = dict(pipeline.store.objects)
        pipeline.clock.forward(RETENTION.job_deadline.total_seconds())
        pipeline.sweep_all()
        pipeline.run()
        assert not late.keys() & pipeline.store.objects.keys()
        pipeline.store.objects |= late
        pipeline.retry_job(job.id)
        pipeline.run()
        pipeline.delete_job(job.id)
        pipeline.run()
        assert pipeline.store.objects == {}

    def test_a_job_that_cannot_be_finished_expires(self) -> None:
        pipeline = Pipeline()
        job = pipeline.start("http://h/a.jpg")
        pipeline.process(ProcessRange(job.id, 1, 0))
        assert pipeline.jobs.get(job.id).state is JobState.FINISHING
        pipeline.aggregator_queue.take()
        pipeline.clock.forward(RETENTION.lifetime.total_seconds())
        pipeline.tend(job)
        with pytest.raises(JobGoneError):
            pipeline.jobs.get(job.id)

    def test_an_expired_job_is_not_retried(self) -> None:
        pipeline = Pipeline()
        job = pipeline.start("http://h/a.jpg")
        pipeline.run()
        pipeline.clock.forward(RETENTION.lifetime.total_seconds())
        with pytest.raises(JobGoneError):
            pipeline.retry_job(job.id)

    def test_an_interrupted_purge_continues(self) -> None:
        pipeline = Pipeline()
        job = pipeline.start(*[f"http://h/{n}.jpg" for n in range(1200)])
        pipeline.delete_job(job.id)
        pipeline.clock.forward(GRACE.total_seconds())
        pipeline.tend(job, seconds_left=lambda: 1.0)
        assert len(pipeline.rows.rows) == 1100
        assert pipeline.aggregator_queue.take()[-1] == (TendJob(job.id), 0)
        pipeline.tend(job)
        assert pipeline.rows.rows == {}
