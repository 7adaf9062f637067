"""IngestFunction with small pieces and parts, short claims, and a small limit for workbooks in memory."""

from dataclasses import replace
from datetime import timedelta
from functools import cache

from catalight.adapters.tables.large.reader import LargeTableReader
from catalight.domain.job import upload
from catalight.usecases.uploads.ingest_upload import IngestUpload
from catalight.usecases.uploads.read_text import Sizes
from functions.ingest import handler

HEAD = 3_000  # bytes
SIZES = Sizes(piece=3_000, margin=300, most=25)
PART = 2_000  # bytes
LEASE = timedelta(seconds=6)
TICK = 1.0  # seconds, far below LEASE


def install() -> None:
    """Replace what the handler of this process calls."""
    upload.LEASE = LEASE
    handler.ingest_upload = cache(lambda: in_small_steps(made()))


made = handler.ingest_upload


def in_small_steps(whole: IngestUpload) -> IngestUpload:
    """Return the use case with the same adapters, for small steps."""
    look = replace(whole.read_upload.look, head=HEAD, sizes=SIZES)
    return replace(
        whole,
        unpack=replace(whole.unpack, part=PART),
        spool_table=replace(whole.spool_table, part=PART, stream_table=LargeTableReader(tick=TICK)),
        read_upload=replace(whole.read_upload, look=look),
    )
