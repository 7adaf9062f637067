"""ByteBudget: never more than there is, and for everybody in the end."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event, Lock

from hypothesis import given
from hypothesis import strategies as st

from catalight.usecases.images.byte_budget import ByteBudget

PATIENCE = 10


@given(st.integers(1, 10), st.lists(st.integers(0, 12), max_size=30))
def test_no_more_is_taken_than_there_is(size: int, wanted: list[int]) -> None:
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
        list(threads.map(work, wanted, timeout=PATIENCE))
    assert most <= size
    assert (taken, turns) == (0, len(wanted))


def test_who_finds_too_little_waits_until_enough_is_given_back() -> None:
    budget, in_it = ByteBudget(10), Event()

    def take_seven() -> None:
        with budget.reserve(7):
            in_it.set()

    with ThreadPoolExecutor(1) as threads, ExitStack() as rest:
        rest.enter_context(budget.reserve(3))
        with budget.reserve(4):
            waiting = threads.submit(take_seven)
            assert not in_it.wait(0.05)
        waiting.result(PATIENCE)
        assert in_it.is_set()


def test_what_is_larger_than_the_room_takes_all_of_it() -> None:
    budget = ByteBudget(10)
    with budget.reserve(1_000):
        pass
    with budget.reserve(10):
        pass
