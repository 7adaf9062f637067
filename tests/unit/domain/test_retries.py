from datetime import UTC, datetime, timedelta

import pytest

from catalight.domain import retries

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_each_failure_has_its_own_pause_and_there_is_no_retry_after_the_last() -> None:
    tries = [retries.next_try(attempts, [2, 15], NOW) for attempts in range(3)]
    assert tries == [NOW + timedelta(seconds=2), NOW + timedelta(seconds=15), None]


def test_jitter_multiplies_a_pause_by_a_factor_from_a_half_to_three_halves() -> None:
    assert (retries.jitter(lambda: 0.0), retries.jitter(lambda: 1.0)) == (0.5, 1.5)
    assert retries.next_try(1, [2, 15], NOW, factor=0.5) == NOW + timedelta(seconds=7.5)


@pytest.mark.parametrize(("seconds", "delay"), [(-5, 0), (0, 0), (0.2, 1), (1, 1), (899.5, 900), (7200, 900)])
def test_a_delay_never_ends_early_and_is_at_most_the_maximum_of_sqs(seconds: float, delay: int) -> None:
    assert retries.delay(NOW + timedelta(seconds=seconds), NOW) == delay


def test_without_a_time_there_is_no_delay() -> None:
    assert retries.delay(None, NOW) == 0
