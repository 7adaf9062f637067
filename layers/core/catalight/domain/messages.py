"""What travels through the queues: hints to look into the database, never the truth itself."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class ProcessRange:
    """Rows of range `range` of run `run` of a job may be pending: process them.

    With `row` and `place` set, that one image alone: a range that crashed its function is split into these.
    """

    job_id: str
    run: int
    range: int
    row: int | None = None
    place: int | None = None

    def names(self, row: int, place: int) -> bool:
        """Whether the message is about the image at `place` of the row with this number."""
        return self.row is None or (self.row, self.place) == (row, place)


@dataclass(frozen=True, slots=True)
class FinishJob:
    """Every row of this run has ended: write the result."""

    job_id: str
    run: int


@dataclass(frozen=True, slots=True)
class DeliverWebhook:
    """The job has ended and its webhook may not have been taken yet: deliver it."""

    job_id: str
    run: int


@dataclass(frozen=True, slots=True)
class TendJob:
    """Something of the job may be due that nobody else sees to: look, and do it."""

    job_id: str


type Message = ProcessRange | FinishJob | DeliverWebhook | TendJob

_KINDS: dict[str, type[Message]] = {
    "process_range": ProcessRange,
    "finish_job": FinishJob,
    "deliver_webhook": DeliverWebhook,
    "tend_job": TendJob,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def encode(message: Message) -> str:
    """A message as JSON text, its kind in `kind`."""
    return json.dumps({"kind": _NAMES[type(message)], **asdict(message)})


def decode(text: str) -> Message:
    """Read what `encode` wrote; raise ValueError for anything else."""
    try:
        fields = json.loads(text)
        return _KINDS[fields.pop("kind")](**fields)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a message of this system: {error!r}") from error
