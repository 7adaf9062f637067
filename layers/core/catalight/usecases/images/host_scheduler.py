"""HostScheduler: which task may begin next, so that a busy host holds up nobody but itself."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Condition


class HostScheduler[T]:
    """Hands tasks out to threads: at most `per_host` of a host at once, and the hosts in turn.

    Whoever takes a task says when it is done with the host. A thread waits only while every task that is left
    is for a host that has no room.
    """

    def __init__(self, tasks: Iterable[tuple[str, T]], per_host: int) -> None:
        self._waiting: dict[str, deque[T]] = {}  # the host whose turn is next stands first
        for host, task in tasks:
            self._waiting.setdefault(host, deque()).append(task)
        self._busy = Counter[str]()
        self._per_host = per_host
        self._changed = Condition()

    def __iter__(self) -> Iterator[T]:
        """The tasks that fall to one thread, each as soon as it may begin."""
        while (task := self._take()) is not None:
            yield task

    @contextmanager
    def at(self, host: str) -> Iterator[None]:
        """Be at the host of a task that was handed out; after this block another may go there."""
        try:
            yield
        finally:
            with self._changed:
                self._busy[host] -= 1
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
            self._waiting[host] = tasks  # behind all the others
        self._busy[host] += 1
        return task
