"""The world of one run: a clock, functions that crash, and queues that deliver in any order and twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from catalight.domain.errors import UnavailableError
from tests.model.actor import Actor, ViolationError
from tests.model.inputs import Call, QueuedMessage
from tests.model.plan import Option, Plan
from tests.model.stage import FUNCTION, Stage

MOST_POINTS = 3_000
MINUTE = timedelta(seconds=61)  # longer than the lease of a webhook's attempt
REQUEST = timedelta(seconds=29)  # how long a request may take
RECENT = 2  # how many of the last received messages may be delivered twice
READS = {
    "head",
    "read_range",
    "fetch",
    "find",
    "get",
    "pending_in_range",
    "any_pending_in_range",
    "pending",
    "any_pending",
    "read",
    "stream",
    "to_sweep",
    "known",
    "firsts",
    "states",
    "of_links",
    "of_job",
    "exists",
    "lane_heads",
}
TICK = timedelta(milliseconds=1)


@dataclass(eq=False, kw_only=True)
class World(Stage):
    """Decides what happens next. `watch` runs after every port call; `next_sweep` is the next sweep time.

    By default the newest actor runs; then messages are delivered in order; then calls come from outside; then
    the clock moves to the next delayed message or sweep. A stalled actor wakes last, but early enough to end
    before its function would be stopped. The first actor that is about to make the call `crashes_at` dies
    there.
    """

    plan: Plan
    faults: bool = True
    crashes_at: str = ""
    calls: list[Call] = field(default_factory=list)
    watch: Callable[[], None] = lambda: None
    sweep: Callable[[], object] = lambda: None
    next_sweep: Callable[[], datetime | None] = lambda: None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._next: Option | None = None
        self._points = 0

    def run(self) -> None:
        """Run until nothing is left to do; raise ViolationError if an invariant breaks."""
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
        """In an actor's thread, before it calls a port: let the actor with the next turn run."""
        actor = self._current
        assert actor
        actor.check()
        actor.last, actor.next = actor.next, call
        sleepy = actor is self._sleeping and call == self._sleeps_at
        option = self._stalling(actor) if sleepy else self._decide()
        if option is None or option.actor is not actor:
            self._next = option
            actor.pause()
        if call == self.crashes_at:
            self.crashes_at = ""
            self.die()
        self.note(actor.name, call, *args)
        self.clock.now += TICK
        if actor.fails:
            actor.fails = False
            raise UnavailableError(call)

    def after(self) -> None:
        """After a port call: check the invariants, and raise UnavailableError if the answer is to be lost."""
        self.watch()
        actor = self._current
        if actor and actor.loses:
            actor.loses = False
            raise UnavailableError("the answer")

    def _decide(self) -> Option | None:
        self._points += 1
        if self._points > MOST_POINTS:
            raise ViolationError("broken: the job ends after a finite number of steps")
        default = self._default()
        return default and self.plan.choose(default, lambda: list(self._deviations(default)))

    def _default(self) -> Option | None:
        now = self.clock()
        if over := next((actor for actor in self._alive() if actor.until < now), None):
            return Option(f"{over.name} is stopped", lambda: self._crash(over))
        if self._running:
            actor = self._running[-1]
            return Option("", lambda: self._go(actor, actor.resume), actor=actor)
        if queued := next((queued for queued in self.waiting if queued.visible_at <= now), None):
            return self._receiving(queued)
        if call := next((call for call in self.calls if call.ready()), None):
            return self._calling(call)
        return self._due()

    def _due(self) -> Option | None:
        """The next event that the clock makes due."""
        message = min((queued.visible_at for queued in self.waiting), default=None)
        sweep = self.next_sweep()
        times = [time for time in (message, sweep) if time]
        if self._stalled and (not times or self._stalled[0].until <= min(times)):
            return self._waking(self._stalled[0])
        if not times:
            return None
        due = max(min(times), self.clock())
        if message and message <= due:
            return Option(f"the clock moves to {due:%H:%M:%S}", lambda: self._move_clock(due))
        return self._sweeping(due)

    def _deviations(self, default: Option) -> Iterator[Option]:
        """What else may happen: another order, the passing of time, calls from outside and faults."""
        now = self.clock()
        for queued in self.waiting:
            if queued.visible_at <= now and queued.message is not default.about:
                yield self._receiving(queued)
        if not self._running:
            return
        yield from (self._calling(call) for call in self.calls if call.ready())
        yield from (self._waking(actor) for actor in self._stalled)
        for actor in self._running[:-1]:
            yield Option(f"{actor.name} runs", lambda actor=actor: self._to_front(actor))  # type: ignore[misc]
        actor = self._running[-1]
        yield self._stalling(actor)
        yield Option("a minute passes", self._pass_a_minute)
        if self.faults:
            yield from self._actor_faults(actor)
            yield from self._message_faults()

    def _actor_faults(self, actor: Actor) -> Iterator[Option]:
        """Faults of the actor at its next call; none between two reads, where it makes no difference when."""

        def fault_option(label: str, happens: Callable[[], None]) -> Option:
            def fault() -> None:
                self.faults_so_far += 1
                self.needs_sweeper = self.needs_sweeper or actor not in self._handling
                happens()

            return Option(f"{actor.name} {label}", fault)

        wrote, writes = _writes(actor.last), _writes(actor.next)
        if wrote:
            yield fault_option("crashes", lambda: self._crash(actor))
        if wrote or writes:
            yield fault_option("gets no answer", lambda: setattr(actor, "fails", True))
        if writes:
            yield fault_option("loses its answer", lambda: setattr(actor, "loses", True))

    def _message_faults(self) -> Iterator[Option]:
        """Faults of messages: delivered twice, late, received without a start of the function, or lost."""

        def fault_option(
            label: str, happens: Callable[[QueuedMessage], None], queued: QueuedMessage
        ) -> Option:
            def fault() -> None:
                self.faults_so_far += 1
                happens(queued)

            return Option(label, fault, queued.message)

        for queued in self.received[-RECENT:]:
            if not queued.duplicated:
                yield fault_option("received twice", self._duplicate, queued)
        for queued in self.waiting:
            if not queued.late:
                yield fault_option("late", self._delay, queued)
            if not queued.unstarted and queued.visible_at <= self.clock():
                yield fault_option("received and not started", self._leave_unstarted, queued)
            if queued.queue not in self._safe:
                yield fault_option("lost", self._lose, queued)

    def _receiving(self, queued: QueuedMessage) -> Option:
        return Option("received", lambda: self._receive(queued), queued.message)

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

        return Option(f"the sweeper runs at {due:%H:%M:%S}", begin)

    def _waking(self, actor: Actor) -> Option:
        def wake() -> None:
            self._stalled.remove(actor)
            self._running.append(actor)

        return Option(f"{actor.name} wakes", wake)


def _writes(call: str) -> bool:
    """Whether the call changes anything; "" (the start of an actor) counts as a change."""
    return call.rpartition(".")[2] not in READS
