"""An actor runs a real use case in a thread of its own, but only when it has the turn."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from queue import SimpleQueue
from threading import Lock, Thread

HANGS = 60.0  # seconds; a machine that is busy with other things may stop for some


class CrashError(BaseException):
    """The function dies here. Not an Exception: nothing in the code under test may survive it."""


class ViolationError(BaseException):
    """A law is broken. Not an Exception: nothing in the code under test may hide it."""


class Actor:
    """One piece of work that hands the turn back before every call of a port; it dies at `until`.

    The turn goes to and fro between the director (`resume`, `crash`) and the actor's thread (`rest`).
    `fails` is set to have its next call fail before its effect, `loses` to have it fail after. `last` and
    `next` are the calls between which it rests.
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
        self._begun = False
        self._turn, self._back = Lock(), Lock()
        self._turn.acquire()
        self._back.acquire()

    def resume(self) -> None:
        """Let it go on to its next rest or its end."""
        if self._begun:
            self._turn.release()
        else:
            self._begun = True
            _carry(self._run)
        if not self._back.acquire(timeout=HANGS):
            self.ended = True
            raise ViolationError(f"broken: {self.name} does not wait for what never happens")

    def crash(self) -> None:
        """Let it die where it rests, if it does."""
        if self.ended:
            return
        self.crashed = True
        self.resume()

    def rest(self) -> None:
        """In the actor's thread: give the turn back, and wait for the next."""
        self._back.release()
        self._turn.acquire()
        self.check()

    def check(self) -> None:
        """In the actor's thread: what has crashed calls no port any more."""
        if self.crashed:
            raise CrashError

    def _run(self) -> None:
        try:
            self._work()
        except CrashError:
            self.crashed = True
        except BaseException as error:  # noqa: BLE001 - the director judges it
            self.raised = error
        self.ended = True
        self._back.release()


_idle: list[SimpleQueue[Callable[[], None]]] = []


def _carry(work: Callable[[], None]) -> None:
    """Run in a thread that is idle, or in a new one: a run has a dozen actors, a test thousands of runs."""
    if _idle:
        _idle.pop().put(work)
        return
    inbox: SimpleQueue[Callable[[], None]] = SimpleQueue()
    inbox.put(work)
    Thread(target=_carrier, args=(inbox,), daemon=True).start()


def _carrier(inbox: SimpleQueue[Callable[[], None]]) -> None:
    while True:
        work = inbox.get()
        work()
        _idle.append(inbox)
