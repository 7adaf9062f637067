"""HostScheduler: choose the next task to start, so that a busy host delays only its own tasks."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Condition


class HostScheduler[T]:
    """Hands out tasks to threads: at most `per_host` at once for one host, and the hosts in turn.

    The thread that takes a task releases the host at the end of `at`. A thread waits only while every
    remaining task is for a host at its limit.
    """

    def __init__(self, tasks: Iterable[tuple[str, T]], per_host: int) -> None:
        self._waiting: dict[str, deque[T]] = {}  # the first host is next
        for host, task in tasks:
            self._waiting.setdefault(host, deque()).append(task)
        self._busy = Counter[str]()
        self._per_host = per_host
        self._changed = Condition()

    def __iter__(self) -> Iterator[T]:
        """Yield the tasks for one thread, each as soon as it may start."""
        while (task := self._take()) is not None:
            yield task

    @contextmanager
    def at(self, host: str) -> Iterator[None]:
        """Use the host of a task that was handed out. When this block ends, another task may use it."""
        try:
            yield
        finally:
            with self._changed:
                self._busy[host] -= 1
                self._changed.notify()  # one host is free, so one more task may start

    def stop(self) -> None:
        """Hand out no further task."""
        with self._changed:
            self._waiting.clear()
            self._changed.notify_all()

    def _take(self) -> T | None:
        with self._changed:
            while self._waiting:
                host = next((host for host in self._waiting if self._busy[host] < self._per_host), None)
                if host is not None:
                    return self._next_of(host)
                self._changed.wait()
            return None

    def _next_of(self, host: str) -> T:
        tasks = self._waiting.pop(host)
        task = tasks.popleft()
        if tasks:
            self._waiting[host] = tasks  # last in line
        elif not self._waiting:
            self._changed.notify_all()  # nothing is left to wait for
        self._busy[host] += 1
        return task
