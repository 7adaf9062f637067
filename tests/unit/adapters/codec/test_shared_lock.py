"""SharedLock: many threads hold it, or one alone, and no thread waits forever."""

import threading
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given, settings
from hypothesis import strategies as st

from catalight.adapters.codec.shared_lock import SharedLock


@settings(max_examples=50)
@given(st.lists(st.booleans(), min_size=1, max_size=24))
def test_a_thread_that_holds_it_alone_is_alone(wanted: list[bool]) -> None:
    lock, working, mutex = SharedLock(), set[int](), threading.Lock()

    def work(number: int) -> bool:
        with lock.alone() if wanted[number] else lock.shared():
            with mutex:
                working.add(number)
            others = [wanted[other] for other in list(working - {number})]
            with mutex:
                working.remove(number)
        return not others or not (wanted[number] or any(others))

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(work, range(len(wanted)), timeout=30))


def test_many_threads_share_it() -> None:
    lock, together = SharedLock(), threading.Barrier(4)

    def work(_: int) -> None:
        with lock.shared():
            together.wait(timeout=10)

    with ThreadPoolExecutor(4) as threads:
        assert len(list(threads.map(work, range(4)))) == 4


def test_a_thread_that_wants_it_alone_goes_before_later_ones() -> None:
    lock, order = SharedLock(), list[str]()

    def work(name: str) -> None:
        with lock.alone() if name == "alone" else lock.shared():
            order.append(name)

    with ThreadPoolExecutor(2) as threads, lock.shared():
        first = threads.submit(work, "alone")
        while not lock._wanted_alone:
            assert not first.done()
        second = threads.submit(work, "later")
    assert (first.result(), second.result()) == (None, None)
    assert order == ["alone", "later"]
