"""The use cases on a real MongoDB and S3; as a script, it leaves a job half done.

`python stored_pipeline.py MONGODB_URI DATABASE S3_URL BUCKET` is run with the code of an earlier commit on
the path, so it uses only names that both have. It submits CELLS, processes some of their ranges, and writes
the messages that are left, as SQS carries them, with their delays in seconds.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import catalight
from catalight.adapters.aws.s3 import S3Store
from catalight.adapters.mongo import Connection, MongoDeliveries, MongoJobs, MongoRows
from catalight.domain import messages
from catalight.domain.messages import ProcessRange
from local.runner import aws
from tests import pipeline as memory

MISSING = "http://h/missing.jpg"
BUSY = "http://busy/1.jpg"
REPAIRED = "www.h.test/repaired.jpg"
KEY = "monday-1"
CELLS = (
    " ".join([MISSING, BUSY, REPAIRED, "n/a", *(f"http://h/{number}.jpg" for number in range(8))]),
    *memory.tens(3)[1:],
    "",
    f"http://h/1.jpg {MISSING} {BUSY}",
    *memory.tens(6)[3:],
)


@contextmanager
def stored_pipeline(uri: str, database: str, s3_url: str, bucket: str, **fields: Any) -> Iterator[Any]:
    """Give a pipeline whose jobs, rows and objects are in real services; its queues are in memory."""
    connection = Connection(lambda: uri, database)
    real: dict[str, Any] = {
        "MemoryJobs": lambda: MongoJobs(connection),
        "MemoryRows": lambda: MongoRows(connection),
        "MemoryDeliveries": lambda _: MongoDeliveries(connection),
        "MemoryStore": lambda: S3Store(aws.client("s3", s3_url), bucket),
    }
    before = {name: getattr(memory, name) for name in real}
    try:
        for name, build in real.items():
            setattr(memory, name, build)
        pipeline = memory.Pipeline(**fields)
    finally:
        for name, build in before.items():
            setattr(memory, name, build)
    try:
        yield pipeline
    finally:
        connection.close()


def leave_half_done(pipeline: Any) -> list[tuple[str, int]]:
    """Submit CELLS and process three of their seven ranges; return the messages that are left."""
    pipeline.start(*CELLS, idempotency_key=KEY, webhook_url="https://shop.test/hook")
    left = list[tuple[str, int]]()
    processed = 0
    while processed < 3:
        for message, delay in pipeline.image_queue.take():
            if processed < 3 and not delay and isinstance(message, ProcessRange):
                pipeline.process(message)
                processed += 1
            else:
                left.append((messages.encode(message), delay))
    return left + [(messages.encode(message), delay) for message, delay in pipeline.image_queue.take()]


if __name__ == "__main__":
    hosts: dict[str, bytes | Exception] = {MISSING: memory.MISSING, BUSY: memory.BUSY}
    with stored_pipeline(*sys.argv[1:5], hosts=hosts) as of_hosts:
        json.dump({"code": catalight.__file__, "left": leave_half_done(of_hosts)}, sys.stdout)
