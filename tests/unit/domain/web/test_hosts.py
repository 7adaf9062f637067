from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.domain.catalogue import urls
from catalight.domain.web import hosts

NOW = datetime(2026, 1, 1, tzinfo=UTC)

strikes = st.integers(min_value=0, max_value=10_000)
asked_for = st.none() | st.floats(min_value=0, max_value=1e9)
chance = st.floats(min_value=0, max_value=1, exclude_max=True)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://Shop.Test/a.jpg", "shop.test:80"),
        ("HTTPS://shop.test?a", "shop.test:443"),
        ("https://shop.test:8443/a", "shop.test:8443"),
        ("http://[2001:DB8::1]/a", "2001:db8::1:80"),
    ],
)
def test_a_host_is_its_normalised_name_and_port(url: str, name: str) -> None:
    assert hosts.name(url) == name


@given(st.text())
def test_every_url_that_can_be_fetched_has_a_host(rest: str) -> None:
    url = f"http://{rest}"
    if urls.fault(url) is None:
        assert hosts.name(url)


def test_each_strike_doubles_the_pause_up_to_five_minutes() -> None:
    pauses = [hosts.pause(strikes, None, 3600, lambda: 0.5) for strikes in (0, 1, 2, 7, 8, 100)]
    assert pauses == [2, 4, 8, 256, 300, 300]


@given(strikes, st.floats(min_value=1, max_value=1e9), chance)
def test_a_host_gets_the_pause_that_it_asks_for_up_to_the_maximum(
    strikes: int, retry_after: float, random: float
) -> None:
    assert hosts.pause(strikes, retry_after, 3600, lambda: random) == min(retry_after, 3600)


def test_a_host_that_asks_for_a_pause_of_zero_gets_the_default() -> None:
    assert hosts.pause(0, 0.0, 3600, lambda: 0.5) == 2


@given(strikes, asked_for, st.floats(min_value=300, max_value=1e6), chance)
def test_a_pause_is_always_within_its_limits(
    strikes: int, retry_after: float | None, longest: float, random: float
) -> None:
    assert 0 <= hosts.pause(strikes, retry_after, longest, lambda: random) <= longest


@given(strikes, chance)
def test_another_strike_with_the_same_random_value_never_shortens_the_pause(
    strikes: int, random: float
) -> None:
    shorter, longer = (hosts.pause(n, None, 3600, lambda: random) for n in (strikes, strikes + 1))
    assert 1 <= shorter <= longer <= 300


@given(st.floats(min_value=0, max_value=1e6), chance)
def test_a_waiting_image_comes_back_soon_after_the_backoff(seconds: float, random: float) -> None:
    until = NOW + timedelta(seconds=seconds)
    back = hosts.back_at(until, NOW, lambda: random)
    assert timedelta(0) <= back - until <= timedelta(seconds=max(1, seconds / 10))


@given(st.floats(min_value=-1e6, max_value=1e6))
def test_other_owners_share_the_first_seconds_only(seconds: float) -> None:
    until = NOW + timedelta(seconds=seconds)
    assert hosts.shared_until(until, NOW) == min(until, NOW + timedelta(seconds=10))
