"""Make the rows of a job from the rows of its catalogue: their images, and the ranges that they belong to."""

import hashlib
from array import array
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from catalight.domain.catalogue.catalogue import CatalogueRow, Source
from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.job import ranges
from catalight.domain.job.job import Counts
from catalight.domain.job.placeholders import RowsOfUrls
from catalight.domain.job.ranges import Assignment
from catalight.domain.job.row import Image, Row, without_empty_end
from catalight.domain.stored import restored

type Place = tuple[int, int]
"""The number of a row, and the index of an image in it."""


class FirstPlaces(Protocol):
    """Where each URL of a job was first."""

    def __call__(self, url: str, at: Place) -> Place | None:
        """Return the first place of a URL. Return None if that is `at`, or if it is not known."""


class AllPlaces:
    """The first places of all URLs."""

    def __init__(self) -> None:
        self._first: dict[str, Place] = {}

    def __call__(self, url: str, at: Place) -> Place | None:
        first = self._first.setdefault(url, at)
        return None if first is at else first


class BoundedPlaces:
    """The first places of the first CAPACITY different URLs, in 32 MB. Later ones have none.

    A URL is known by 64 bits of its BLAKE2b (RFC 7693) under the job's secret: two of a million have the same
    with a probability of 3e-8, and nobody can choose URLs that have.
    """

    CAPACITY = 1 << 20
    _SLOTS = 2 * CAPACITY  # of a hash table with open addressing
    _PLACE_BITS = 24  # a row has at most 100 images, in at most a few dozen renditions

    def __init__(self, secret: bytes) -> None:
        self._key = secret[: hashlib.blake2b.MAX_KEY_SIZE]
        self._digests, self._places = array("Q", bytes(8 * self._SLOTS)), array("Q", bytes(8 * self._SLOTS))
        self._used = 0

    def __call__(self, url: str, at: Place) -> Place | None:
        digest = hashlib.blake2b(url.encode(errors="surrogatepass"), digest_size=8, key=self._key).digest()
        wanted = int.from_bytes(digest) or 1  # 0 is an empty slot
        slot = wanted % self._SLOTS
        while (found := self._digests[slot]) != wanted:
            if not found:
                if self._used < self.CAPACITY:
                    self._digests[slot], self._places[slot] = wanted, at[0] << self._PLACE_BITS | at[1]
                    self._used += 1
                return None
            slot = (slot + 1) % self._SLOTS
        row, place = divmod(self._places[slot], 1 << self._PLACE_BITS)
        return None if (row, place) == at else (row, place)


@dataclass(slots=True)
class Made:
    """The totals of the rows that were made; all images count once, and `failed` in each rendition."""

    rows: int = 0
    images: int = 0
    duplicates: int = 0
    failed: int = 0
    ranges: int = 0
    assignment: Assignment = field(default_factory=Assignment)

    @property
    def counts(self) -> Counts:
        """The counts of the job: of images, only those with an unusable URL have ended."""
        errors = {ImageErrorCode.INVALID_URL.value: self.failed} if self.failed else {}
        return Counts(failed=self.failed, errors=errors)

    def to_document(self) -> dict[str, Any]:
        """Return plain values for storage."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "Made":
        """Read what `to_document` made."""
        return restored(cls, document, assignment=restored(Assignment, document["assignment"]))


@dataclass(slots=True)
class MakeRows:
    """Makes rows in the order of the file. Whoever goes on from the same totals and places makes the same.

    `share` is what an image counts of the weight of others when rows are assigned to ranges.
    """

    job_id: str
    renditions: int
    first: FirstPlaces
    share: float = 1
    made: Made = field(default_factory=Made)
    urls: RowsOfUrls = field(default_factory=RowsOfUrls)

    def __call__(self, row: CatalogueRow) -> Row:
        """Return the next row of the job."""
        made, number = self.made, self.made.rows
        images = tuple(
            [
                image
                for place, source in enumerate(row.sources)
                for image in self._images(source, (number, place * self.renditions))
            ]
        )
        row_range = made.assignment(self.share * ranges.weight(images))
        made.rows += 1
        made.images += len(row.sources)
        if row_range is not None:
            made.ranges = row_range + 1
        cells = without_empty_end(row.cells)
        new = Row(self.job_id, number, run=1, range=row_range, cells=cells, images=images)
        self.urls.add(new)
        return new

    def take_up(self, row: Row) -> None:
        """Learn the URLs of a row that was made before, and has not begun yet."""
        for place, image in enumerate(row.images):
            if not (image.rendition or image.ended):
                self.first(image.url, (row.number, place))
        self.urls.add(row)

    def _images(self, source: Source, at: Place) -> Iterator[Image]:
        """Yield the new image in each rendition, from the place `at` on."""
        earlier = self.first(source.url, at) if source.usable else None
        self.made.duplicates += earlier is not None
        for rendition in range(self.renditions):
            image = Image(
                source.url,
                written=source.written,
                notes=source.notes,
                column=source.column,
                same_as=earlier and (earlier[0], earlier[1] + rendition),
                rendition=rendition,
            )
            if not source.usable:
                self.made.failed += 1
                image = image.failed(ImageError(ImageErrorCode.INVALID_URL, source.message))
            yield image
