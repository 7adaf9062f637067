from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import islice
from random import Random
from threading import Lock

from hypothesis import given, settings
from hypothesis import strategies as st

from catalight.usecases.images.host_scheduler import HostScheduler

type Task = tuple[str, int]

tasks = st.lists(st.sampled_from("abcd"), max_size=40).map(
    lambda hosts: [(host, number) for number, host in enumerate(hosts)]
)
few = st.integers(min_value=1, max_value=4)


def scheduler_of(tasks: list[Task], per_host: int) -> HostScheduler[Task]:
    return HostScheduler(((task[0], task) for task in tasks), per_host)


def test_hosts_alternate_and_their_tasks_keep_their_order() -> None:
    scheduler = scheduler_of([("a", 0), ("a", 1), ("a", 2), ("b", 3), ("b", 4), ("c", 5)], per_host=9)
    assert [number for _, number in scheduler] == [0, 3, 5, 1, 4, 2]


def test_a_host_at_its_limit_is_skipped_until_a_connection_is_free() -> None:
    scheduler = scheduler_of([("a", 0), ("a", 1), ("b", 2), ("b", 3)], per_host=1)
    with scheduler.at("a"):
        assert list(islice(scheduler, 2)) == [("a", 0), ("b", 2)]
    assert next(iter(scheduler)) == ("a", 1)


@given(tasks, few, few, st.randoms(use_true_random=False))
def test_in_any_order_of_completion_no_host_exceeds_its_limit_and_no_free_host_is_starved(
    tasks: list[Task], per_host: int, downloads: int, chance: Random
) -> None:
    scheduler, left, passed_by = scheduler_of(tasks, per_host), list(tasks), defaultdict[str, set[str]](set)
    running: list[tuple[str, ExitStack]] = []
    while left or running:
        busy = Counter(host for host, _ in running)
        free = {host for host, _ in left if busy[host] < per_host}
        if free and len(running) < downloads and chance.random() < 0.7:
            task = next(iter(scheduler))
            assert task == next(other for other in left if other[0] == task[0])
            assert task[0] in free
            for host in free - {task[0]}:
                assert task[0] not in passed_by[host]
                passed_by[host].add(task[0])
            passed_by[task[0]].clear()
            left.remove(task)
            running.append((task[0], ExitStack()))
            running[-1][1].enter_context(scheduler.at(task[0]))
        elif running:
            running.pop(chance.randrange(len(running)))[1].close()
    assert list(scheduler) == []


@settings(max_examples=30)
@given(tasks, few, few)
def test_threads_get_every_task_once_and_stay_within_the_limits(
    tasks: list[Task], per_host: int, downloads: int
) -> None:
    scheduler, lock = scheduler_of(tasks, per_host), Lock()
    busy, most, taken = Counter[str](), Counter[str](), list[Task]()

    def work(_: int) -> None:
        for task in scheduler:
            with scheduler.at(task[0]):
                with lock:
                    taken.append(task)
                    busy.update([task[0], "all"])
                    most.update({host: max(0, busy[host] - most[host]) for host in (task[0], "all")})
                with lock:
                    busy.subtract([task[0], "all"])

    with ThreadPoolExecutor(downloads) as pool:
        list(pool.map(work, range(downloads)))
    assert sorted(taken) == sorted(tasks)
    assert most["all"] <= downloads
    assert all(most[host] <= per_host for host in "abcd")
