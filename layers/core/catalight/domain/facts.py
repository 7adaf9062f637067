"""What operators learn of the running system: one fact for each event that counts.

A fact has ids, codes, counts and times, and nothing that a stranger wrote.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from catalight.domain.job.job import Counts, JobState
from catalight.domain.job.webhook import Delivery
from catalight.domain.messages import Message


class Outcome(StrEnum):
    """What became of a message: DEFERRED in an outage; FAILED if its handler raised an exception."""

    DONE = "done"
    DEFERRED = "deferred"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class MessageHandled:
    """A function has handled a message in `seconds`.

    `waited` are the seconds that the message was late when it was first received; None at further receives.
    """

    message: Message
    outcome: Outcome
    seconds: float
    receives: int
    waited: float | None


@dataclass(frozen=True, slots=True)
class MessageUnreadable:
    """A function has received what is no message that it can read: of a later release, or not Catalight's."""

    receives: int


@dataclass(frozen=True, slots=True)
class ImagesEnded:
    """Images of a job have ended. No other fact has the same images."""

    job_id: str
    run: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class JobMoved:
    """A job is in another state, or is sealed now. `seconds` is the time since its run started to work."""

    job_id: str
    run: int
    state: JobState
    sealed: bool
    seconds: float | None


@dataclass(frozen=True, slots=True)
class WebhookCalled:
    """A receiver was called, for the `attempt`-th time."""

    job_id: str
    run: int
    attempt: int
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class HostBackedOff:
    """A host throttled a request, the `strikes`-th time in a row, and gets none for `seconds`.

    The host's name is a stranger's text, so there is only the beginning of its SHA-256.
    """

    host: str
    strikes: int
    seconds: float

    @classmethod
    def of(cls, name: str, strikes: int, seconds: float) -> "HostBackedOff":
        """Return the fact of a host by its name."""
        return cls(hashlib.sha256(name.encode()).hexdigest()[:12], strikes, seconds)


@dataclass(frozen=True, slots=True)
class UploadRead:
    """A big upload was read to its end, or `error` is the code of the problem that ended it."""

    job_id: str
    size: int
    rows: int
    images: int
    error: str | None = None


@dataclass(frozen=True, slots=True)
class ExportEnded:
    """A result in another form is ready, or `error` is the code of why it never will be."""

    job_id: str
    run: int
    form: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class SweepDone:
    """The sweeper has sent a message for each of `jobs`.

    `stuck` of them have not made progress for so long, though the sweeper checked them several times, that
    something must be broken.
    """

    jobs: int
    stuck: int


EXPORT_STOPPED = "export-stopped"
"""The code of a request for an export that was given up before."""


@dataclass(frozen=True, slots=True)
class RequestRefused:
    """The API has answered with a problem: its HTTP status and the code of its type.

    `route` is the template of the path; None if the request did not get as far as a route.
    """

    status: int
    code: str
    route: str | None


type Fact = (
    MessageHandled
    | MessageUnreadable
    | ImagesEnded
    | JobMoved
    | WebhookCalled
    | HostBackedOff
    | UploadRead
    | ExportEnded
    | SweepDone
    | RequestRefused
)


def ignore(_: Fact) -> None:
    """Report a fact to nobody."""
