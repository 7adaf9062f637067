"""What travels through the queues: hints to look into the database, never the truth itself."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class ProcessRange:
    """Rows of range `range` of run `run` of a job may be pending: process them."""

    job_id: str
    run: int
    range: int


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


type Message = ProcessRange | FinishJob | DeliverWebhook

_KINDS: dict[str, type[Message]] = {
    "process_range": ProcessRange,
    "finish_job": FinishJob,
    "deliver_webhook": DeliverWebhook,
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
