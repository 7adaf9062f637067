"""Actors: each runs a real use case in its own thread, but only while it has the turn."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from queue import SimpleQueue
from threading import Lock, Thread

HANG_TIMEOUT = 60.0  # seconds; a busy machine may pause a thread for some time


class CrashError(BaseException):
    """The function dies here. Not an Exception, so that the code under test cannot catch it."""


class ViolationError(BaseException):
    """An invariant is broken. Not an Exception, so that the code under test cannot hide it."""


class Actor:
    """A function invocation that hands the turn back before every port call; it is stopped at `until`.

    The turn alternates between the director (`resume`, `crash`) and the actor's thread (`pause`). Set `fails`
    to make the next call fail before its effect, `loses` to make it fail after its effect. A paused actor is
    between the calls `last` and `next`.
    """

    def __init__(self, name: str, work: Callable[[], object], until: datetime) -> None:
        self.name = name
        self.until = until
        self.ended = False
        self.crashed = False
        self.last = self.next = ""
        self.fails = False
        self.loses = False
        self.raised: BaseException | None = None
        self._work = work
        self._started = False
        self._turn, self._back = Lock(), Lock()
        self._turn.acquire()
        self._back.acquire()

    def resume(self) -> None:
        """Run the actor until it pauses or ends."""
        if self._started:
            self._turn.release()
        else:
            self._started = True
            _run_in_thread(self._run)
        if not self._back.acquire(timeout=HANG_TIMEOUT):
            self.ended = True
            raise ViolationError(f"broken: {self.name} does not wait forever")

    def crash(self) -> None:
        """Let the actor die where it is paused; do nothing if it has ended."""
        if self.ended:
            return
        self.crashed = True
        self.resume()

    def pause(self) -> None:
        """In the actor's thread: hand the turn back and wait for the next one."""
        self._back.release()
        self._turn.acquire()
        self.check()

    def check(self) -> None:
        """In the actor's thread: raise CrashError if the actor has crashed; it calls no more ports."""
        if self.crashed:
            raise CrashError

    def _run(self) -> None:
        try:
            self._work()
        except CrashError:
            self.crashed = True
        except BaseException as error:  # noqa: BLE001 - the director checks it
            self.raised = error
        self.ended = True
        self._back.release()


_idle: list[SimpleQueue[Callable[[], None]]] = []


def _run_in_thread(work: Callable[[], None]) -> None:
    """Reuse an idle thread or start one: a run has a dozen actors, and a test has thousands of runs."""
    if _idle:
        _idle.pop().put(work)
        return
    inbox: SimpleQueue[Callable[[], None]] = SimpleQueue()
    inbox.put(work)
    Thread(target=_thread_loop, args=(inbox,), daemon=True).start()


def _thread_loop(inbox: SimpleQueue[Callable[[], None]]) -> None:
    while True:
        work = inbox.get()
        work()
        _idle.append(inbox)
