"""What a caller uses: amounts per day, and slots of open jobs."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Amounts:
    """Amounts of a UTC day: what was used, what is wanted, or what is allowed.

    `file_bytes` are the bytes of the catalogues as they were sent, and `download_bytes` those that hosts sent
    for the images, redirects, failures and repeated attempts included.
    """

    rows: int = 0
    images: int = 0
    file_bytes: int = 0
    download_bytes: int = 0

    def __sub__(self, used: "Amounts") -> "Amounts":
        """Return what is left of this limit, at least 0 of each amount."""
        return Amounts(**{name: max(0, limit - getattr(used, name)) for name, limit in self.items()})

    def exceeds(self, left: "Amounts") -> str | None:
        """Return the name of the first amount that is more than is left, or None."""
        return next((name for name, wanted in self.items() if wanted > getattr(left, name)), None)

    def items(self) -> Iterator[tuple[str, int]]:
        """Yield the names and values of the amounts."""
        for field in fields(self):
            yield field.name, getattr(self, field.name)


@dataclass(frozen=True, slots=True)
class Slot:
    """One of a caller's open jobs. `order` names the submission or retry that took it, at `taken_at`."""

    order: str
    taken_at: datetime

    @property
    def job_id(self) -> str:
        """The job that was to be opened."""
        return self.order.partition("/")[0]

    @property
    def run(self) -> int:
        """The run of that job."""
        return int(self.order.partition("/")[2] or 1)


def order(job_id: str, run: int = 1) -> str:
    """Return the name of a submission, or of a retry that begins `run`."""
    return job_id if run == 1 else f"{job_id}/{run}"


def file_order(job_id: str) -> str:
    """Return the name under which the file of a big upload counts, whatever becomes of it."""
    return f"{job_id}/file"
