"""What acts in the world of a run: functions that handle messages, and the messages on their way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from catalight.domain.errors import CatalightError, UnavailableError
from catalight.domain.messages import Message
from tests.fakes import FakeClock
from tests.model.actor import Actor, CrashError, ViolationError
from tests.model.letters import Letter

VISIBILITY = timedelta(seconds=30)
LATE = timedelta(minutes=20)  # longer than the sweeper's patience
FUNCTION = timedelta(minutes=14)  # how long a function that handles a message may run


@dataclass(eq=False, kw_only=True)
class Stage:
    """Actors and letters, and what may happen to them; when it does is for the World to say.

    The first message of the kind that a `sleeper` names comes twice, and its twin stalls before the call
    that it names. `forsaken` is true once a request has failed or a message is lost: then only the sweeper
    goes on with the job.
    """

    clock: FakeClock
    deliver: Callable[[Letter], None]
    max_receives: int
    dead_letters: Mapping[str, str] = field(default_factory=dict)
    sleeper: tuple[type[Message], str] | None = None
    waiting: list[Letter] = field(default_factory=list)
    received: list[Letter] = field(default_factory=list)
    crashed: list[str] = field(default_factory=list)
    faults_so_far: int = 0
    forsaken: bool = False
    slow: bool = False  # then a hint may be sent twice: whoever sends its range again still looks on
    trace: list[tuple[str, str, Sequence[object]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._running: list[Actor] = []
        self._stalled: list[Actor] = []
        self._letters: dict[Actor, Letter] = {}
        self._current: Actor | None = None
        self._sleeping: Actor | None = None
        self._sleeps_at = ""
        self._begun = 0

    def before(self, call: str, *args: object) -> None:
        """In an actor's thread, before it calls a port."""
        raise NotImplementedError

    @property
    def _safe(self) -> set[str]:
        """The queues that lose no message: what is a dead letter there is handled, too."""
        return {*self.dead_letters, *self.dead_letters.values()}

    @property
    def faulty(self) -> bool:
        """Whether anything but the order was unusual."""
        return self.faults_so_far > 0 or self.slow or self._sleeps_at != "" or bool(self.crashed)

    @property
    def unlucky(self) -> bool:
        """Whether one thing went wrong after another."""
        return self.faults_so_far + (self._sleeps_at != "") > 1

    @property
    def in_hand(self) -> list[Letter]:
        """The letters that are being handled."""
        return list(self._letters.values())

    def current_began(self) -> datetime:
        """When the actor that has the turn began."""
        assert self._current
        return self._current.until - FUNCTION

    def note(self, who: str, what: str, *args: object) -> None:
        """A line of the story."""
        self.trace.append((who, what, args))

    def _alive(self) -> Iterator[Actor]:
        yield from self._running
        yield from self._stalled

    def _move_clock(self, to: datetime) -> None:
        self.clock.now = to

    def _raise(self, actor: Actor) -> None:
        self._running.remove(actor)
        self._running.append(actor)

    def _double(self, letter: Letter) -> None:
        letter.doubled = True
        self._begin(Letter(letter.queue, letter.message, self.clock(), doubled=True))

    def _delay(self, letter: Letter) -> None:
        letter.late = True
        letter.visible_at = self.clock() + LATE

    def _lose(self, letter: Letter) -> None:
        self.waiting.remove(letter)
        self.forsaken = True

    def _receive(self, letter: Letter) -> None:
        if self.sleeper and isinstance(letter.message, self.sleeper[0]):
            self._sleeps_at, self.sleeper = self.sleeper[1], None
            self._double(letter)  # the letter itself is received when its twin sleeps
            return
        self.waiting.remove(letter)
        self.received.append(letter)
        self._begin(letter)

    def _begin(self, letter: Letter) -> None:
        letter.receives += 1
        self._begun += 1
        name = f"{type(letter.message).__name__}-{self._begun}"
        actor = Actor(name, lambda: self._handle(letter), self.clock() + FUNCTION)
        self._letters[actor] = letter
        if self._sleeps_at and self._sleeping is None:
            self._sleeping = actor
        self._start(actor)

    def _handle(self, letter: Letter) -> None:
        self.deliver(letter)
        self.before("acknowledge")  # a crash here is one after the last effect

    def _start(self, actor: Actor) -> None:
        self._running.append(actor)
        self._go(actor, actor.resume)

    def _crash(self, actor: Actor) -> None:
        self._go(actor, actor.crash)

    def _go(self, actor: Actor, go_on: Callable[[], None]) -> None:
        self._current = actor
        go_on()
        if actor.ended:
            (self._running if actor in self._running else self._stalled).remove(actor)
            self._end(actor, self._letters.pop(actor, None))

    def _end(self, actor: Actor, letter: Letter | None) -> None:
        if isinstance(actor.raised, UnavailableError) or (letter is None and _refused(actor.raised)):
            self.note(actor.name, f"ends with {actor.raised!r}")
        elif isinstance(actor.raised, ViolationError):
            raise actor.raised
        elif actor.raised:
            raise ViolationError(f"broken: {actor.name} raised {actor.raised!r}") from actor.raised
        if actor.crashed or isinstance(actor.raised, UnavailableError):
            self.crashed.append(actor.name)
            self.forsaken = self.forsaken or letter is None
            if letter:
                self._return(letter)

    def _return(self, letter: Letter) -> None:
        """What a function had in hand as it died comes back, or goes to the dead letters, where there are."""
        letter.visible_at = self.clock() + VISIBILITY
        if letter.receives < self.max_receives or letter.queue in self._safe - {*self.dead_letters}:
            self.waiting.append(letter)
        elif letter.queue in self.dead_letters:
            self.waiting.append(Letter(self.dead_letters[letter.queue], letter.message, letter.visible_at))
        else:
            self.forsaken = True


def _refused(raised: BaseException | None) -> bool:
    return isinstance(raised, CatalightError)


def die() -> None:
    """Crash the actor that has the turn: what a poisoned image does."""
    raise CrashError
