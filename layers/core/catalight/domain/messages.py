"""Queue messages. A message says what to look up in the database, which alone holds the truth."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

from catalight.domain.errors import MessageError
from catalight.domain.stored import restored


@dataclass(frozen=True, slots=True)
class ProcessRange:
    """Process the pending rows of range `range` in run `run` of a job, if there are any.

    If `row` and `place` are set, process only that image: `row` is the number of its row, and `place` its
    index in the row. A range that crashed its function is split into such messages.
    """

    job_id: str
    run: int
    range: int
    row: int | None = None
    place: int | None = None

    def names(self, row: int, place: int) -> bool:
        """Return whether the message covers the image at index `place` of the row with this number."""
        return self.row is None or (self.row, self.place) == (row, place)


@dataclass(frozen=True, slots=True)
class FinishJob:
    """Write the result, because every row of this run has ended."""

    job_id: str
    run: int


@dataclass(frozen=True, slots=True)
class DeliverWebhook:
    """Deliver the webhook of a job that has ended, if the receiver has not accepted it yet."""

    job_id: str
    run: int


@dataclass(frozen=True, slots=True)
class TendJob:
    """Do what is due for the job and what no other message triggers."""

    job_id: str


@dataclass(frozen=True, slots=True)
class WriteExport:
    """Write the result of this run in another form, named as by `export.form_name`, or go on writing it."""

    job_id: str
    run: int
    form: str


@dataclass(frozen=True, slots=True)
class IngestUpload:
    """Look at the big upload of the job, and read it or go on reading it."""

    job_id: str


type Message = ProcessRange | FinishJob | DeliverWebhook | TendJob | WriteExport | IngestUpload

_KINDS: dict[str, Callable[..., Message]] = {
    "process_range": ProcessRange,
    "finish_job": FinishJob,
    "deliver_webhook": DeliverWebhook,
    "tend_job": TendJob,
    "write_export": WriteExport,
    "ingest_upload": IngestUpload,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def kind(message: Message) -> str:
    """Return the name of the message's kind."""
    return _NAMES[type(message)]


def encode(message: Message) -> str:
    """Return a message as JSON text, with its kind in `kind`."""
    return json.dumps({"kind": kind(message), **asdict(message)})


def decode(text: str) -> Message:
    """Read what `encode` wrote, maybe in a later release. Raise MessageError for anything else."""
    kind = ""
    try:
        fields = json.loads(text)
        kind = fields["kind"]
        return restored(_KINDS[kind], fields)
    except (ValueError, KeyError, TypeError) as error:
        raise MessageError(kind) from error
