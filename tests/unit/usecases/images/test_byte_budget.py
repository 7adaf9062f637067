"""ByteBudget: reservations never exceed the budget, and every thread gets its turn."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event, Lock

from hypothesis import given
from hypothesis import strategies as st

from catalight.usecases.images.byte_budget import ByteBudget

TIMEOUT = 10  # seconds that a thread waits for another before a test fails


@given(st.integers(1, 10), st.lists(st.integers(0, 12), max_size=30))
def test_reservations_never_exceed_the_budget(size: int, wanted: list[int]) -> None:
    budget, lock = ByteBudget(size), Lock()
    taken, most, turns = 0, 0, 0

    def work(bytes_wanted: int) -> None:
        nonlocal taken, most, turns
        with budget.reserve(bytes_wanted):
            with lock:
                taken += min(bytes_wanted, size)
                most, turns = max(most, taken), turns + 1
            with lock:
                taken -= min(bytes_wanted, size)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, wanted, timeout=TIMEOUT))
    assert most <= size
    assert (taken, turns) == (0, len(wanted))


def test_a_reservation_waits_until_enough_bytes_are_released() -> None:
    budget, reserved = ByteBudget(10), Event()

    def reserve_seven() -> None:
        with budget.reserve(7):
            reserved.set()

    with ThreadPoolExecutor(1) as threads, ExitStack() as outer:
        outer.enter_context(budget.reserve(3))
        with budget.reserve(4):
            waiting = threads.submit(reserve_seven)
            assert not reserved.wait(0.05)
        waiting.result(TIMEOUT)
        assert reserved.is_set()


def test_a_reservation_over_the_budget_takes_all_of_it() -> None:
    budget = ByteBudget(10)
    with budget.reserve(1_000):
        pass
    with budget.reserve(10):
        pass
