import json
from dataclasses import replace
from datetime import datetime

import pytest

from catalight.domain.errors import RedeliveryError
from catalight.domain.job.job import Job
from catalight.domain.job.webhook import Delivery, WebhookState
from catalight.domain.messages import DeliverWebhook
from catalight.usecases.webhooks.deliver import LEASE
from tests.pipeline import MISSING, Pipeline

HOOK = "https://shop.test/hook"


def finished(pipeline: Pipeline) -> Job:
    """A job that has ended and whose webhook has not been called."""
    job = pipeline.start("http://h/a.png http://h/b.png", webhook_url=HOOK)
    deliver, pipeline.deliver_webhook = pipeline.deliver_webhook, lambda message: None  # type: ignore[assignment]
    pipeline.run()
    pipeline.deliver_webhook = deliver
    return pipeline.jobs.get(job.id)


def state(pipeline: Pipeline, job: Job) -> WebhookState:
    webhook = pipeline.jobs.get(job.id).webhook
    assert webhook
    return webhook.state


def test_the_event_reports_the_results() -> None:
    pipeline = Pipeline(hosts={"http://h/b.png": MISSING})
    job = finished(pipeline)
    pipeline.deliver_webhook(DeliverWebhook(job.id, 1))
    [(url, webhook_id, body)] = pipeline.delivered
    assert (url, webhook_id) == (HOOK, f"msg_{job.id}_1_job.completed")
    assert job.finished_at
    assert json.loads(body) == {
        "type": "job.completed",
        "timestamp": job.finished_at.isoformat(),
        "data": {
            "request_id": job.id,
            "status": "COMPLETED",
            "file_name": job.file_name,
            "reference": job.reference,
            "images": {"total": 2, "done": 1, "failed": 1},
            "errors": {"not_found": 1},
            "bytes": {"in": 14, "out": 7},
            "download_url": f"https://api.test/download/{job.id}",
        },
    }


def test_a_failed_delivery_is_retried_with_growing_pauses_under_the_same_id() -> None:
    pipeline = Pipeline(webhook_statuses=[500, 302])
    job = finished(pipeline)
    pipeline.deliver_webhook(DeliverWebhook(job.id, 1))
    assert pipeline.webhook_queue.take() == [(DeliverWebhook(job.id, 1), 5)]
    pipeline.clock.forward(5)
    pipeline.deliver_webhook(DeliverWebhook(job.id, 1))
    assert pipeline.webhook_queue.take() == [(DeliverWebhook(job.id, 1), 300)]
    pipeline.clock.forward(300)
    pipeline.deliver_webhook(DeliverWebhook(job.id, 1))
    assert state(pipeline, job) is WebhookState.DELIVERED
    assert len({(webhook_id, body) for _, webhook_id, body in pipeline.delivered}) == 1
    webhook = pipeline.jobs.get(job.id).webhook
    assert webhook
    assert [delivery.status for delivery in webhook.deliveries] == [500, 302, 200]


def test_the_sweeper_sends_retries_beyond_the_maximum_delay_of_sqs() -> None:
    pipeline = Pipeline(webhook_statuses=[500] * 3)
    job = finished(pipeline)
    message = DeliverWebhook(job.id, 1)
    for seconds in (0, 5, 300):
        pipeline.clock.forward(seconds)
        pipeline.deliver_webhook(message)
    pipeline.webhook_queue.take()
    pipeline.sweep_all()
    assert pipeline.webhook_queue.take() == []
    pipeline.clock.forward(1800)
    pipeline.sweep_all()
    assert pipeline.webhook_queue.take() == [(message, 0)]


def test_after_the_last_attempt_the_delivery_fails() -> None:
    pipeline = Pipeline(webhook_statuses=[500] * 9)
    job = finished(pipeline)
    pipeline.webhook_queue.send([DeliverWebhook(job.id, 1)])
    for _ in range(9):
        pipeline.run()
        pipeline.clock.forward(1800)
        pipeline.sweep(lambda: 100.0)
    assert len(pipeline.delivered) == 4
    assert state(pipeline, job) is WebhookState.FAILED


def test_a_receiver_that_answers_410_is_not_called_again() -> None:
    pipeline = Pipeline(webhook_statuses=[410])
    job = finished(pipeline)
    pipeline.deliver_webhook(DeliverWebhook(job.id, 1))
    assert state(pipeline, job) is WebhookState.FAILED
    assert pipeline.webhook_queue.take() == []


def test_only_one_of_two_duplicates_calls() -> None:
    pipeline = Pipeline(webhook_statuses=[500])
    job = finished(pipeline)
    stale = pipeline.jobs.get(job.id)
    message = DeliverWebhook(job.id, 1)
    pipeline.deliver_webhook(message)
    pipeline.webhook_queue.take()
    pipeline.jobs.find, fresh = (lambda _: stale), pipeline.jobs.find  # type: ignore[assignment,method-assign]
    pipeline.deliver_webhook(message)
    pipeline.jobs.find = fresh  # type: ignore[method-assign]
    assert len(pipeline.delivered) == 1
    assert pipeline.webhook_queue.take() == []


def test_after_an_attempt_that_died_the_next_one_is_made() -> None:
    pipeline = Pipeline()
    job = finished(pipeline)
    next_at = pipeline.clock()
    pipeline.deliveries.begin(job.id, 1, 0, next_at)
    pipeline.deliver_webhook(DeliverWebhook(job.id, 1))
    assert state(pipeline, job) is WebhookState.DELIVERED


def test_no_second_call_is_made_while_one_is_in_progress() -> None:
    pipeline = Pipeline()
    job = finished(pipeline)
    message = DeliverWebhook(job.id, 1)
    deliver = pipeline.deliver

    def slow(owner: str, url: str, webhook_id: str, body: str, now: datetime) -> Delivery:
        pipeline.clock.forward(20)
        pipeline.deliver_webhook(message)
        return deliver(owner, url, webhook_id, body, now)

    replace(pipeline.deliver_webhook, send=slow)(message)
    assert len(pipeline.delivered) == 1
    assert state(pipeline, job) is WebhookState.DELIVERED


def test_the_pause_begins_when_the_call_has_ended() -> None:
    pipeline = Pipeline(webhook_statuses=[500])
    job = finished(pipeline)
    deliver = pipeline.deliver

    def slow(owner: str, url: str, webhook_id: str, body: str, now: datetime) -> Delivery:
        pipeline.clock.forward(20)
        return deliver(owner, url, webhook_id, body, now)

    replace(pipeline.deliver_webhook, send=slow)(DeliverWebhook(job.id, 1))
    assert pipeline.webhook_queue.take() == [(DeliverWebhook(job.id, 1), 5)]


def test_a_last_attempt_that_died_ends_the_delivery() -> None:
    pipeline = Pipeline()
    job = finished(pipeline)
    for attempts in range(4):
        assert pipeline.deliveries.begin(job.id, 1, attempts, pipeline.clock())
    pipeline.deliver_webhook(DeliverWebhook(job.id, 1))
    assert state(pipeline, job) is WebhookState.FAILED
    assert pipeline.delivered == []


def test_a_redelivery_is_refused_during_an_attempt_and_possible_after_it() -> None:
    pipeline = Pipeline(webhook_statuses=[500])
    job = finished(pipeline)
    deliver = pipeline.deliver

    def renewing_meanwhile(owner: str, url: str, webhook_id: str, body: str, now: datetime) -> Delivery:
        with pytest.raises(RedeliveryError) as refused:
            pipeline.redeliver_webhook(job.id)
        assert refused.value.retry_after == LEASE.seconds
        return deliver(owner, url, webhook_id, body, now)

    last = replace(pipeline.deliver_webhook, send=renewing_meanwhile, pauses=[])
    last(DeliverWebhook(job.id, 1))
    assert state(pipeline, job) is WebhookState.FAILED
    pipeline.redeliver_webhook(job.id)
    pipeline.run()
    assert state(pipeline, job) is WebhookState.DELIVERED


def test_a_failing_receiver_is_not_flooded_by_redeliveries() -> None:
    """60 calls in 2 s sent 55 POSTs."""
    pipeline = Pipeline(webhook_statuses=[500] * 99)
    job = finished(pipeline)
    refused = []
    for _ in range(60):
        try:
            pipeline.redeliver_webhook(job.id)
        except RedeliveryError as error:
            refused.append(error.retry_after)
        for message, delay in pipeline.webhook_queue.take():
            assert isinstance(message, DeliverWebhook)
            if not delay:
                pipeline.deliver_webhook(message)
        pipeline.clock.forward(2 / 60)
    assert (len(refused), len(pipeline.delivered)) == (59, 1)
    assert (max(refused), min(refused)) == (60, 59)
    pipeline.clock.forward(60)
    assert pipeline.redeliver_webhook(job.id).webhook


def test_a_message_without_webhook_run_or_job_is_ignored() -> None:
    pipeline = Pipeline()
    job = pipeline.start("http://h/a.png")
    pipeline.deliver_webhook(DeliverWebhook(job.id, 1))
    other = finished(pipeline)
    pipeline.deliver_webhook(DeliverWebhook(other.id, 2))
    pipeline.deliver_webhook(DeliverWebhook("gone", 1))
    assert pipeline.delivered == []
