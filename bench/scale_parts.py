"""What the stages of bench/scale.py share: what they count, a queue, a store, and the rows of a catalogue."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from catalight.domain.image.compressed import Compressed
from catalight.domain.image.formats import ImageFormat
from catalight.domain.image.report import Source, Times
from catalight.domain.job.retention import Retention
from catalight.domain.messages import Message

HEADER = ("Serial Number", "Product Name", "Input Image Urls")
WINDOW = 20
WARM = 300  # rows of a job before, which makes connections and imports
IN_ROWS = 10  # rows that an image stands in
FUNCTION_SECONDS = 300.0  # of the aggregator
OUTPUT = Compressed(b"j" * 700, ImageFormat.JPEG, 64, 64, Source("jpeg", 64, 64), Times(decode=1, encode=1))
RETENTION = Retention(
    stall_timeout=timedelta(minutes=15),
    job_deadline=timedelta(days=1),
    lifetime=timedelta(days=30),
    max_lifetime=timedelta(days=90),
)


@dataclass(slots=True)
class Used:
    """What a stage took: seconds, peak memory, requests to SQS and S3, and calls of its function.

    `child_mb` is the peak of the process that parses a file for it, at most: it begins with its parent's.
    """

    seconds: float = 0.0
    cpu: float = 0.0
    peak_mb: float = 0.0
    child_mb: float = 0.0
    sqs: int = 0
    s3: int = 0
    steps: int = 0

    def count_s3(self) -> None:
        """Count a request to S3."""
        self.s3 += 1


class ListQueue:
    """A queue in memory. A message is sent in a batch of ten, and received and deleted alone."""

    def __init__(self, used: Used) -> None:
        self.messages: deque[Message] = deque()
        self._used = used

    def send(self, messages: Iterable[Message], delay: int = 0, group: str | None = None) -> None:  # noqa: ARG002
        new = list(messages)
        self.messages += new
        self._used.sqs += -(-len(new) // 10) + 2 * len(new)


class CountingStore:
    """A store of images that counts the requests and keeps nothing."""

    def __init__(self, used: Used) -> None:
        self._used = used

    def put(self, key: str, data: bytes, media_type: str) -> None:  # noqa: ARG002
        self._used.s3 += 1

    def delete(self, keys: Iterable[str]) -> None:
        self._used.s3 += bool(list(keys))


def lines(rows: int) -> Iterator[tuple[str, str, str]]:
    """Yield the rows of a catalogue, with one image each; the rows of an image are far from each other."""
    distinct = max(1, rows // IN_ROWS)
    for number in range(rows):
        yield str(number + 1), f"Product number {number + 1}", f"http://host.test/{number % distinct:07}.jpg"
