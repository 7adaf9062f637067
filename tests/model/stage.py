"""What a run consists of: the functions that handle messages, and the messages themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from catalight.domain.errors import CatalightError, UnavailableError
from catalight.domain.messages import Message
from tests.fakes import FakeClock
from tests.model.actor import Actor, ViolationError
from tests.model.inputs import QueuedMessage

VISIBILITY = timedelta(seconds=30)
LATE = timedelta(minutes=20)  # longer than the stall timeout
FUNCTION = timedelta(minutes=14)  # how long a function that handles a message may run


@dataclass(eq=False, kw_only=True)
class Stage:
    """Actors and queued messages, and what may happen to them; the World decides when.

    `sleeper` names a type of message and a call: the first such message is delivered twice, and the duplicate
    stalls before that call. The first `throttled` receives of a message whose dead letter is handled start no
    function. `needs_sweeper` is true once a request has failed or a message is lost: then only the sweeper
    continues the job.
    """

    clock: FakeClock
    deliver: Callable[[QueuedMessage], None]
    max_receives: int
    dead_letters: Mapping[str, str] = field(default_factory=dict)
    sleeper: tuple[type[Message], str] | None = None
    throttled: int = 0
    waiting: list[QueuedMessage] = field(default_factory=list)
    received: list[QueuedMessage] = field(default_factory=list)
    crashed: list[str] = field(default_factory=list)
    faults_so_far: int = 0
    needs_sweeper: bool = False
    slow: bool = False  # a minute has passed during a run: a slow handler may send a message twice
    trace: list[tuple[str, str, Sequence[object]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._running: list[Actor] = []
        self._stalled: list[Actor] = []
        self._handling: dict[Actor, QueuedMessage] = {}
        self._current: Actor | None = None
        self._sleeping: Actor | None = None
        self._sleeps_at = ""
        self._begun = 0

    def before(self, call: str, *args: object) -> None:
        """In an actor's thread, before it calls a port."""
        raise NotImplementedError

    @property
    def _safe(self) -> set[str]:
        """The queues that lose no message, because their dead letters are handled too."""
        return {*self.dead_letters, *self.dead_letters.values()}

    @property
    def faulty(self) -> bool:
        """Whether anything went wrong besides an unusual order."""
        return self.faults_so_far > 0 or self.slow or self._sleeps_at != "" or bool(self.crashed)

    @property
    def several_faults(self) -> bool:
        """Whether more than one thing went wrong."""
        return self.faults_so_far + (self._sleeps_at != "") > 1

    @property
    def in_hand(self) -> list[QueuedMessage]:
        """The messages that are being handled."""
        return list(self._handling.values())

    def current_began(self) -> datetime:
        """When the actor that has the turn began."""
        assert self._current
        return self._current.until - FUNCTION

    def die(self) -> None:
        """In an actor's thread: crash it, as an image does that kills its worker. No thread of it goes on."""
        assert self._current
        self._current.crashed = True
        self._current.check()

    def note(self, who: str, what: str, *args: object) -> None:
        """Add a line to the trace."""
        self.trace.append((who, what, args))

    def _alive(self) -> Iterator[Actor]:
        yield from self._running
        yield from self._stalled

    def _move_clock(self, to: datetime) -> None:
        self.clock.now = to

    def _to_front(self, actor: Actor) -> None:
        self._running.remove(actor)
        self._running.append(actor)

    def _duplicate(self, queued: QueuedMessage) -> None:
        queued.duplicated = True
        self._begin(QueuedMessage(queued.queue, queued.message, self.clock(), duplicated=True))

    def _delay(self, queued: QueuedMessage) -> None:
        queued.late = True
        queued.visible_at = self.clock() + LATE

    def _lose(self, queued: QueuedMessage) -> None:
        self.waiting.remove(queued)
        self.needs_sweeper = True

    def _receive(self, queued: QueuedMessage) -> None:
        if self.sleeper and isinstance(queued.message, self.sleeper[0]):
            self._sleeps_at, self.sleeper = self.sleeper[1], None
            self._duplicate(queued)  # the message itself is received when its duplicate sleeps
            return
        if queued.queue in self.dead_letters and queued.receives < self.throttled:
            self._leave_unstarted(queued)
            return
        self.waiting.remove(queued)
        self.received.append(queued)
        self._begin(queued)

    def _leave_unstarted(self, queued: QueuedMessage) -> None:
        """Receive a message and start no function, as Lambda does that is throttled for too long."""
        queued.unstarted = True
        queued.receives += 1
        self.waiting.remove(queued)
        self._return(queued)

    def _begin(self, queued: QueuedMessage) -> None:
        queued.receives += 1
        self._begun += 1
        name = f"{type(queued.message).__name__}-{self._begun}"
        actor = Actor(name, lambda: self._handle(queued), self.clock() + FUNCTION)
        self._handling[actor] = queued
        if self._sleeps_at and self._sleeping is None:
            self._sleeping = actor
        self._start(actor)

    def _handle(self, queued: QueuedMessage) -> None:
        self.deliver(queued)
        self.before("acknowledge")  # a crash here comes after the last effect

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
            self._end(actor, self._handling.pop(actor, None))

    def _end(self, actor: Actor, queued: QueuedMessage | None) -> None:
        if isinstance(actor.raised, UnavailableError) or (queued is None and _refused(actor.raised)):
            self.note(actor.name, f"ends with {actor.raised!r}")
        elif isinstance(actor.raised, ViolationError):
            raise actor.raised
        elif actor.raised:
            raise ViolationError(f"broken: {actor.name} raised {actor.raised!r}") from actor.raised
        if actor.crashed or isinstance(actor.raised, UnavailableError):
            self.crashed.append(actor.name)
            self.needs_sweeper = self.needs_sweeper or queued is None
            if queued:
                self._return(queued)

    def _return(self, queued: QueuedMessage) -> None:
        """Requeue the message of a function that died, or move it to its queue's dead letters, if any."""
        queued.visible_at = self.clock() + VISIBILITY
        if queued.receives < self.max_receives or queued.queue in self._safe - {*self.dead_letters}:
            self.waiting.append(queued)
        elif queued.queue in self.dead_letters:
            self.waiting.append(
                QueuedMessage(self.dead_letters[queued.queue], queued.message, queued.visible_at)
            )
        else:
            self.needs_sweeper = True


def _refused(raised: BaseException | None) -> bool:
    return isinstance(raised, CatalightError)
