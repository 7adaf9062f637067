"""The documented order of an SQS fair queue."""

from local.runner.fair_order import IN_FLIGHT, RECENT, FairOrder


def busy(order: FairOrder, group: str, seconds: float, *, now: float = 0.0) -> float:
    """Let consumers spend this time on a group, and return the time after it."""
    order.received(f"{group} {now}", group, now)
    order.ended(f"{group} {now}", now + seconds)
    return now + seconds


def test_quiet_groups_take_turns_by_the_age_of_their_messages() -> None:
    assert FairOrder().choose({"a": 2.0, "b": 1.0, "c": 3.0}, 4.0) == "b"


def test_a_group_with_over_a_tenth_of_the_time_waits_for_the_others() -> None:
    order = FairOrder()
    now = busy(order, "large", 9.5)
    for number in range(10):
        now = busy(order, f"other {number}", 0.1, now=now)
    assert order.choose({"large": 0.0, "small": 1.0}, now) == "small"
    assert order.choose({"large": 0.0}, now) == "large"


def test_work_under_way_counts() -> None:
    order = FairOrder()
    order.received("1", "large", 0.0)
    assert order.choose({"large": 0.0, "small": 1.0}, 2.0) == "small"


def test_eleven_equal_groups_are_all_quiet() -> None:
    order, now = FairOrder(), 0.0
    for number in range(11):
        now = busy(order, str(number), 1.0, now=now)
    assert order.choose({"0": 0.0, "10": 1.0, "new": 2.0}, now) == "0"


def test_of_noisy_groups_the_one_with_the_fewest_messages_in_flight_is_first() -> None:
    order = FairOrder()
    for message, group in enumerate("aab"):
        order.received(str(message), group, 0.0)
    assert order.choose({"a": 0.0, "b": 1.0}, 2.0) == "b"


def test_a_share_of_the_messages_in_flight_counts_from_thirty_on() -> None:
    for count, first in ((IN_FLIGHT - 1, "many"), (IN_FLIGHT, "new")):
        order = FairOrder()
        for number in range(8 * IN_FLIGHT):
            order.received(f"other {number}", f"other {number}", 0.0)
        for number in range(count):
            order.received(f"many {number}", "many", 1.0)
        assert order.choose({"many": 0.0, "new": 1.0}, 1.0) == first


def test_a_group_that_has_been_idle_is_quiet_again() -> None:
    order = FairOrder()
    now = busy(order, "once", 10.0)
    now = busy(order, "since", 60.0, now=now + 3 * RECENT)
    assert order.choose({"once": 0.0, "new": 1.0}, now) == "once"
