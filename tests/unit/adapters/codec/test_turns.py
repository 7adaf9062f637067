"""Turns: threads work together, or one alone, and nobody waits for ever."""

import threading
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given, settings
from hypothesis import strategies as st

from catalight.adapters.codec.turns import Turns


@settings(deadline=None, max_examples=50)
@given(st.lists(st.booleans(), min_size=1, max_size=24))
def test_whoever_works_alone_is_alone(wanted: list[bool]) -> None:
    turns, working, lock = Turns(), set[int](), threading.Lock()

    def work(number: int) -> bool:
        with turns.alone() if wanted[number] else turns.shared():
            with lock:
                working.add(number)
            others = [wanted[other] for other in list(working - {number})]
            with lock:
                working.remove(number)
        return not others or not (wanted[number] or any(others))

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(work, range(len(wanted)), timeout=30))


def test_many_work_at_the_same_time() -> None:
    turns, together = Turns(), threading.Barrier(4)

    def work(_: int) -> None:
        with turns.shared():
            together.wait(timeout=10)

    with ThreadPoolExecutor(4) as threads:
        assert len(list(threads.map(work, range(4)))) == 4


def test_one_that_waits_to_be_alone_goes_before_those_that_come_later() -> None:
    turns, order = Turns(), list[str]()

    def work(name: str) -> None:
        with turns.alone() if name == "alone" else turns.shared():
            order.append(name)

    with ThreadPoolExecutor(2) as threads, turns.shared():
        first = threads.submit(work, "alone")
        while not turns._wanted_alone:
            assert not first.done()
        second = threads.submit(work, "later")
    assert (first.result(), second.result()) == (None, None)
    assert order == ["alone", "later"]
