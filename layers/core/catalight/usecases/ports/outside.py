"""The ports to queues, hosts, files and clocks."""

from collections.abc import Callable, Generator, Iterable
from datetime import datetime
from typing import Protocol

from catalight.domain.catalogue.files import Options, Table, TextFile
from catalight.domain.catalogue.requested import Wanted
from catalight.domain.facts import Fact
from catalight.domain.job.job import Job
from catalight.domain.job.result_form import ResultForm
from catalight.domain.job.row import Row
from catalight.domain.job.webhook import Delivery
from catalight.domain.messages import Message
from catalight.domain.web.hosts import Host

type Clock = Callable[[], datetime]

type SecondsLeft = Callable[[], float]

type Report = Callable[[Fact], None]
"""Logs a fact and counts it in metrics. It never raises, and threads may share it."""

type ReadTable = Callable[[bytes, Options, Wanted], TextFile | Table]
"""Turns the bytes of a file into what a catalogue is read from, or raises CatalogueError or OptionError."""

type StreamTable = Callable[[Iterable[bytes], Options, Wanted], Generator[bytes]]
"""Reads a workbook that is larger than the memory from its bytes; yields `domain.catalogue.plain_rows`.

At least every 20 seconds it yields something, or nothing (b""). Raises CatalogueError.
"""

type Fetch = Callable[[str, Callable[[int], None]], bytes]
"""Downloads a URL, or raises ImageError; the second argument gets the number of bytes that came."""

type WriteResult = Callable[[Job, ResultForm, Iterable[Row], int], Iterable[bytes]]
"""Writes rows of a job as a file of this form, in bounded memory, and yields the file in parts.

Of a text, each part is a line, made of the last row that was taken; the rows may be those after as many lines
as the last argument says.

While it is iterated, it may raise ResultError: a file of this form cannot hold this result.
"""


class Queue(Protocol):
    """A queue of messages."""

    def send(self, messages: Iterable[Message], delay: int = 0, group: str | None = None) -> None:
        """Send all messages, or raise UnavailableError. `delay` is whole seconds, at most 900.

        Messages of one group take turns with those of the others; without `group`, each job is one.
        """


class WebhookSender(Protocol):
    """Calls a webhook once."""

    def __call__(self, owner: str, url: str, webhook_id: str, body: str, now: datetime) -> Delivery:
        """Sign for the job's owner and send. A failure is returned in the Delivery, not raised."""


class Hosts(Protocol):
    """The throttled hosts, shared by all instances. They are advisory: nothing goes wrong without them."""

    def known(self, names: Iterable[str], owner: str) -> list[Host]:
        """Return what is stored of these hosts for the owner, and for all owners.

        Hosts are returned even after their backoff: their strikes still count.
        """

    def back_off(self, hosts: Iterable[Host]) -> None:
        """Store these backoffs, in one call. One that is stored already is extended, never shortened."""

    def clear_strikes(self, name: str, owner: str, now: datetime) -> None:
        """Forget the owner's strikes of a host that serves again, if the backoff is over."""
