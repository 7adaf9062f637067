"""Write all images of a job, under their names, and its result into a ZIP."""

import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import NamedTuple

from catalight.domain.errors import ResultError, ResultErrorCode
from catalight.domain.job import export, image_names, links
from catalight.domain.job.export import Export
from catalight.domain.job.image_names import UniqueNames
from catalight.domain.job.job import Job
from catalight.domain.job.result_form import ResultForm
from catalight.domain.job.row import Row
from catalight.usecases.exports.fetch_ahead import fetch_ahead
from catalight.usecases.exports.zip_upload import ZipUpload
from catalight.usecases.ports import Clock, Exports, ObjectReader, ObjectStore, Rows, SecondsLeft, Uploads

MIN_SECONDS_LEFT = 90.0  # more than a part takes
MAX_AHEAD = 64 << 20  # bytes
BATCH = 200  # rows, of up to 100 images
NAMED = 1_000  # missing images
MISSING = "missing.txt"
NO_RESULT = "The result was deleted at the end of its retention period."


class Wanted(NamedTuple):
    """An image that belongs into the ZIP, and the position after it."""

    key: str
    name: str
    row: int
    place: int


class Fetched(NamedTuple):
    """The bytes of an image, and their CRC-32."""

    data: bytes
    crc: int


@dataclass(frozen=True, slots=True)
class WriteZip:
    """Write a ZIP, and go on where an earlier call has stopped.

    An image that is not stored any more is left out, and named in MISSING at the end of the ZIP.
    """

    exports: Exports
    rows: Rows
    uploads: Uploads
    store: ObjectStore
    reader: ObjectReader
    clock: Clock
    threads: Executor
    part_size: Callable[[int], int] = export.part_size
    min_part: int = export.MIN_PART

    def __call__(self, job: Job, claimed: Export, seconds_left: SecondsLeft) -> bool:
        """Return whether the ZIP is complete; otherwise the time is over, and another call goes on.

        Raise ClaimLostError, UploadGoneError, ResultError or UnavailableError.
        """
        zipped = ZipUpload(
            steps=self.exports,
            uploads=self.uploads,
            clock=self.clock,
            part_size=self.part_size,
            media_type=claimed.form.format.media_type,
            written=claimed,
            store=self.store,
            reader=self.reader,
            min_part=self.min_part,
            time=job.finished_at or job.created_at,
        )
        zipped.begin()
        names = UniqueNames()
        if zipped.position.directory_at is None:
            self._add_result(job, zipped, names)
            if not self._add_images(job, zipped, names, seconds_left):
                zipped.checkpoint(stop=True)
                return False
            self._add_missing(zipped, names)
        zipped.complete(self.threads)
        return True

    def _add_result(self, job: Job, zipped: ZipUpload, names: UniqueNames) -> None:
        """Add the result as the job has written it. It is read twice, because its CRC-32 comes first."""
        form = self._written(job)
        name = names(links.result_name(job.file_name, form))
        if zipped.position.entries:
            return
        size = crc = 0
        for chunk in self._result(job, form):
            size, crc = size + len(chunk), zlib.crc32(chunk, crc)
        zipped.add_file(name, size, crc, self._result(job, form))
        zipped.checkpoint()

    def _written(self, job: Job) -> ResultForm:
        """Return the form in which the result was written."""
        for form in job.result.possible:
            if self.store.exists(links.result_key(job.id, job.run, form)):
                return form
        raise ResultError(ResultErrorCode.DELETED, NO_RESULT)

    def _result(self, job: Job, form: ResultForm) -> Iterator[bytes]:
        found = self.reader.stream(links.result_key(job.id, job.run, form))
        if found is None:
            raise ResultError(ResultErrorCode.DELETED, NO_RESULT)
        return found

    def _add_images(self, job: Job, zipped: ZipUpload, names: UniqueNames, seconds_left: SecondsLeft) -> bool:
        """Add the images from the position on. Return False if the time is over."""
        wanted = self._wanted(job, zipped.position.row, zipped.position.place, names)
        for image, fetched in fetch_ahead(wanted, self._fetch, self.threads, MAX_AHEAD):
            if seconds_left() < MIN_SECONDS_LEFT:
                return False
            if fetched is None:
                missing = (*zipped.position.missing, image.name)[:NAMED]
                total = zipped.position.missing_total + 1
                zipped.position = replace(zipped.position, missing=missing, missing_total=total)
            else:
                zipped.done += 1
            zipped.position = replace(zipped.position, row=image.row, place=image.place + 1)
            if fetched:
                zipped.add_file(image.name, len(fetched.data), fetched.crc, [fetched.data])
            zipped.checkpoint()
        return True

    def _wanted(
        self, job: Job, from_row: int, from_place: int, names: UniqueNames
    ) -> Iterator[tuple[Wanted, int]]:
        """Yield the images from a position on, with their sizes. The names before them are taken, too."""
        for row in self._rows(job.id):
            for place, image in enumerate(row.images):
                if image.link:
                    name = names(image_names.path(job, row, place))
                    if (row.number, place) >= (from_row, from_place):
                        wanted = Wanted(links.image_key(image.link), name, row.number, place)
                        yield wanted, image.bytes_out

    def _rows(self, job_id: str) -> Iterator[Row]:
        """Yield all rows. Not by one stream, which could not stay open for as long as this takes."""
        rows = self.rows.page(job_id, frozenset(), -1, BATCH)
        while rows:
            yield from rows
            rows = self.rows.page(job_id, frozenset(), rows[-1].number, BATCH)

    def _fetch(self, image: Wanted) -> Fetched | None:
        data = self.reader.read(image.key)
        return None if data is None else Fetched(data, zlib.crc32(data))

    def _add_missing(self, zipped: ZipUpload, names: UniqueNames) -> None:
        total, named = zipped.position.missing_total, zipped.position.missing
        name = names(MISSING)
        if not total:
            return
        more = [f"and {total - len(named):,} more"] if total > len(named) else []
        text = "\r\n".join(["These images are not stored any more:", *named, *more, ""]).encode()
        zipped.add_file(name, len(text), zlib.crc32(text), [text])
