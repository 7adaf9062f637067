"""The world of one run: queues that deliver in any order and twice, functions that crash, a clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from catalight.domain.errors import UnavailableError
from tests.model.actor import Actor, ViolationError
from tests.model.letters import Call, Letter
from tests.model.plan import Option, Plan
from tests.model.stage import FUNCTION, Stage, die

MOST_POINTS = 3_000
MINUTE = timedelta(seconds=61)  # longer than the lease of a webhook's attempt
REQUEST = timedelta(seconds=29)  # how long a request may
RECENT = 2  # messages, of which one may come twice
READS = {"fetch", "find", "get", "pending_in_range", "pending", "any_pending", "read", "stream", "to_sweep"}
TICK = timedelta(milliseconds=1)


@dataclass(eq=False, kw_only=True)
class World(Stage):
    """Who goes on? `watch` is called after every effect; `next_sweep` says when the sweeper is due.

    By default the newest actor goes on; then messages are delivered in turn; then calls come from outside;
    then the clock moves to what is due, be it a delayed message or a sweep. What stalls wakes last, but
    early enough to end before its function would be stopped. Whoever first comes to the call `breaks_at`
    dies there.
    """

    plan: Plan
    faults: bool = True
    breaks_at: str = ""
    calls: list[Call] = field(default_factory=list)
    watch: Callable[[], None] = lambda: None
    sweep: Callable[[], object] = lambda: None
    next_sweep: Callable[[], datetime | None] = lambda: None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._next: Option | None = None
        self._points = 0

    def run(self) -> None:
        """Go on until nothing is left to do; raise ViolationError where a law breaks."""
        try:
            while option := self._next or self._decide():
                self._next = None
                if option.label:
                    self.note("-", option.label, option.about or "")
                option.act()
        finally:
            for actor in (*self._running, *self._stalled):
                actor.crash()

    def before(self, call: str, *args: object) -> None:
        """In an actor's thread, before it calls a port: whoever has the next turn goes on."""
        actor = self._current
        assert actor
        actor.check()
        actor.last, actor.next = actor.next, call
        sleepy = actor is self._sleeping and call == self._sleeps_at
        option = self._stalling(actor) if sleepy else self._decide()
        if option is None or option.actor is not actor:
            self._next = option
            actor.rest()
        if call == self.breaks_at:
            self.breaks_at = ""
            die()
        self.note(actor.name, call, *args)
        self.clock.now += TICK
        if actor.fails:
            actor.fails = False
            raise UnavailableError(call)

    def after(self) -> None:
        """After a call of a port."""
        self.watch()
        actor = self._current
        if actor and actor.loses:
            actor.loses = False
            raise UnavailableError("the answer")

    def _decide(self) -> Option | None:
        self._points += 1
        if self._points > MOST_POINTS:
            raise ViolationError("broken: the job comes to rest")
        default = self._default()
        return default and self.plan.choose(default, lambda: list(self._deviations(default)))

    def _default(self) -> Option | None:
        now = self.clock()
        if over := next((actor for actor in self._alive() if actor.until < now), None):
            return Option(f"{over.name} is stopped", lambda: self._crash(over))
        if self._running:
            actor = self._running[-1]
            return Option("", lambda: self._go(actor, actor.resume), actor=actor)
        if letter := next((letter for letter in self.waiting if letter.visible_at <= now), None):
            return self._receiving(letter)
        if call := next((call for call in self.calls if call.ready()), None):
            return self._calling(call)
        return self._due()

    def _due(self) -> Option | None:
        """What the clock brings next."""
        letter = min((letter.visible_at for letter in self.waiting), default=None)
        sweep = self.next_sweep()
        times = [time for time in (letter, sweep) if time]
        if self._stalled and (not times or self._stalled[0].until <= min(times)):
            return self._waking(self._stalled[0])
        if not times:
            return None
        due = max(min(times), self.clock())
        if letter and letter <= due:
            return Option(f"the clock moves to {due:%H:%M:%S}", lambda: self._move_clock(due))
        return self._sweeping(due)

    def _deviations(self, default: Option) -> Iterator[Option]:
        """What else may happen: order, time, calls from outside and faults."""
        now = self.clock()
        for letter in self.waiting:
            if letter.visible_at <= now and letter.message is not default.about:
                yield self._receiving(letter)
        if not self._running:
            return
        yield from (self._calling(call) for call in self.calls if call.ready())
        yield from (self._waking(actor) for actor in self._stalled)
        for actor in self._running[:-1]:
            yield Option(f"{actor.name} goes on", lambda actor=actor: self._raise(actor))  # type: ignore[misc]
        actor = self._running[-1]
        yield self._stalling(actor)
        yield Option("a minute passes", self._pass_a_minute)
        if self.faults:
            yield from self._faults(actor)
            yield from self._mishaps()

    def _faults(self, actor: Actor) -> Iterator[Option]:
        """What may befall the actor at its next call; between two reads it is the same everywhere."""

        def befall(label: str, happens: Callable[[], None]) -> Option:
            def fault() -> None:
                self.faults_so_far += 1
                self.forsaken = self.forsaken or actor not in self._letters
                happens()

            return Option(f"{actor.name} {label}", fault)

        wrote, writes = _writes(actor.last), _writes(actor.next)
        if wrote:
            yield befall("crashes", lambda: self._crash(actor))
        if wrote or writes:
            yield befall("gets no answer", lambda: setattr(actor, "fails", True))
        if writes:
            yield befall("loses its answer", lambda: setattr(actor, "loses", True))

    def _mishaps(self) -> Iterator[Option]:
        """What may happen to messages."""

        def befall(label: str, happens: Callable[[Letter], None], letter: Letter) -> Option:
            def fault() -> None:
                self.faults_so_far += 1
                happens(letter)

            return Option(label, fault, letter.message)

        for letter in self.received[-RECENT:]:
            if not letter.doubled:
                yield befall("received twice", self._double, letter)
        for letter in self.waiting:
            if not letter.late:
                yield befall("late", self._delay, letter)
            if letter.queue not in self._safe:
                yield befall("lost", self._lose, letter)

    def _receiving(self, letter: Letter) -> Option:
        return Option("received", lambda: self._receive(letter), letter.message)

    def _pass_a_minute(self) -> None:
        self.slow = True
        self._move_clock(self.clock() + MINUTE)

    def _stalling(self, actor: Actor) -> Option:
        def stall() -> None:
            self._running.remove(actor)
            self._stalled.append(actor)

        return Option(f"{actor.name} stalls", stall)

    def _calling(self, call: Call) -> Option:
        def begin() -> None:
            self.calls.remove(call)
            self._start(Actor(call.name, call.do, self.clock() + REQUEST))

        return Option(f"from outside: {call.name}", begin)

    def _sweeping(self, due: datetime) -> Option:
        def begin() -> None:
            self._move_clock(due)
            self._start(Actor("sweeper", self.sweep, due + FUNCTION))

        return Option(f"the sweeper comes, at {due:%H:%M:%S}", begin)

    def _waking(self, actor: Actor) -> Option:
        def wake() -> None:
            self._stalled.remove(actor)
            self._running.append(actor)

        return Option(f"{actor.name} wakes", wake)


def _writes(call: str) -> bool:
    """Whether the call, or the beginning of an actor, changes anything."""
    return call.rpartition(".")[2] not in READS
