"""Copy the rows of a large workbook into the store, as plain lines that can be read from any one on."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from io import BytesIO

from catalight.domain.catalogue.files import Options
from catalight.domain.catalogue.requested import Wanted
from catalight.domain.job.upload import Spool
from catalight.usecases.ports import StreamTable, Uploads
from catalight.usecases.uploads.file_at import FileAt, refusal
from catalight.usecases.uploads.unpack import PART, READ, TEXT

MAX_WORKBOOK = 500_000_000  # bytes: it is copied to the function's disk


@dataclass(frozen=True, slots=True)
class SpoolTable:
    """Writes the rows in one call, because a workbook cannot be taken up in the middle.

    A call that dies leaves nothing to go on from: the next one begins again. It aborts what was begun, so a
    call that only seemed dead cannot complete its copy after that.
    """

    uploads: Uploads
    stream_table: StreamTable
    part: int = PART

    def __call__(
        self,
        file: FileAt,
        key: str,
        begun: Spool | None,
        record: Callable[[Spool], None],
        options: Options,
        wanted: Wanted,
    ) -> None:
        """Store the rows under a key, and `record` that it goes on.

        Raise CatalogueError if the workbook cannot be read.
        """
        if file.size > MAX_WORKBOOK:
            message = (
                f"The workbook has {file.size:,} bytes; at most {MAX_WORKBOOK:,} are read. "
                "Save it as CSV (packed with gzip, if you like), and send that."
            )
            raise refusal("workbook_too_large", message)
        if begun:
            self.uploads.abort(key, begun.upload)
        spool, buffer = Spool(self.uploads.begin(key, TEXT)), BytesIO()
        record(spool)
        pieces = (file.read(start, READ) for start in range(0, file.size, READ))
        with closing(self.stream_table(pieces, options, wanted)) as rows:
            for data in rows:
                buffer.write(data)
                if buffer.tell() >= self.part:
                    spool, buffer = self._stored(key, spool, buffer), BytesIO()
                    record(spool)
                elif not data:
                    record(spool)
        spool = self._stored(key, spool, buffer)
        record(spool)  # not after the claim was lost
        self.uploads.complete(key, spool.upload, spool.parts)
        record(replace(spool, complete=True))

    def _stored(self, key: str, spool: Spool, buffer: BytesIO) -> Spool:
        size = buffer.tell()
        buffer.seek(0)
        etag = self.uploads.put_part(key, spool.upload, len(spool.parts) + 1, buffer)
        return replace(spool, parts=(*spool.parts, etag), size=spool.size + size)
