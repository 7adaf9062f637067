"""The ports, in memory and on MongoDB alike: webhook deliveries."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from catalight.domain.job.job import JobState
from catalight.domain.job.webhook import REDELIVERIES, REDELIVERY_PAUSE, Delivery, Webhook, WebhookState
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
        assert not store.deliveries.renew("job", 2, NOW)
        assert store.deliveries.renew("job", 1, NOW)
        webhook = store.jobs.get("job").webhook
        assert webhook == Webhook("https://shop.test/hook", deliveries=(delivery,), redeliveries=(NOW,))

    def test_an_attempt_from_before_a_renewal_is_only_logged(self, store: Store) -> None:
        store.jobs.insert(a_job(state=JobState.COMPLETED))
        store.deliveries.begin("job", 1, 0, NOW)
        assert store.deliveries.renew("job", 1, NOW)
        delivery = Delivery(NOW, 500, None, 1)
        store.deliveries.record("job", 1, 1, delivery, None)
        webhook = store.jobs.get("job").webhook
        assert webhook
        assert (webhook.state, webhook.deliveries) == (WebhookState.PENDING, (delivery,))

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
        assert not store.deliveries.renew("job", 1, NOW)
        assert store.jobs.get("job").webhook is None

    def test_the_attempts_are_not_restarted_while_one_is_under_way(self, store: Store) -> None:
        store.jobs.insert(a_job(state=JobState.COMPLETED))
        store.deliveries.begin("job", 1, 0, NOW + timedelta(seconds=30))
        assert not store.deliveries.renew("job", 1, NOW)
        store.deliveries.record("job", 1, 1, Delivery(NOW, 500, None, 1), LATER)
        assert store.deliveries.renew("job", 1, NOW)
        store.deliveries.begin("job", 1, 0, NOW + 2 * REDELIVERY_PAUSE)  # and dies
        assert not store.deliveries.renew("job", 1, NOW + REDELIVERY_PAUSE)
        assert store.deliveries.renew("job", 1, NOW + 2 * REDELIVERY_PAUSE)

    def test_redeliveries_have_pauses_and_are_counted_over_a_day(self, store: Store) -> None:
        store.jobs.insert(a_job(state=JobState.COMPLETED))
        times = [NOW + n * REDELIVERY_PAUSE / 4 for n in range(4 * REDELIVERIES + 9)]
        renewed = [now for now in times if store.deliveries.renew("job", 1, now)]
        assert renewed == [NOW + n * REDELIVERY_PAUSE for n in range(REDELIVERIES)]
        webhook = store.jobs.get("job").webhook
        assert webhook
        assert webhook.redeliverable_at(times[-1]) == LATER
        assert not store.deliveries.renew("job", 1, LATER - timedelta(seconds=1))
        assert store.deliveries.renew("job", 1, LATER)
        assert not store.deliveries.renew("job", 1, LATER + REDELIVERY_PAUSE / 2)
        assert store.deliveries.renew("job", 1, LATER + REDELIVERY_PAUSE)

    def test_of_simultaneous_redeliveries_one_is_made(self, store: Store) -> None:
        store.jobs.insert(a_job(state=JobState.COMPLETED))
        with ThreadPoolExecutor(8) as pool:
            renewed = list(pool.map(lambda _: store.deliveries.renew("job", 1, NOW), range(40)))
        assert sum(renewed) == 1

    def test_a_retry_does_not_forget_the_redeliveries(self, store: Store) -> None:
        job = store.jobs.insert(a_job(state=JobState.COMPLETED))
        store.deliveries.renew("job", 1, NOW)
        store.jobs.begin_run(replace(job, run=2))
        webhook = store.jobs.get("job").webhook
        assert webhook
        assert webhook.redeliveries == (NOW,)
