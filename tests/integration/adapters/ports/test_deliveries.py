"""The ports, in memory and on MongoDB alike: webhook deliveries."""

from dataclasses import replace
from datetime import timedelta

from catalight.domain.job.job import JobState
from catalight.domain.job.webhook import Delivery, Webhook
from tests.integration.adapters.ports.stores import LATER, NOW, Store, a_job


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
