"""A row of the most characters, images and renditions still fits MongoDB's 16 MB for a document."""

import bson

from catalight.adapters.mongo.rows import _to_document
from catalight.domain.catalogue.catalogue_row import MAX_ROW_CHARACTERS
from catalight.domain.catalogue.sources import MAX_IMAGES_PER_ROW
from catalight.domain.catalogue.url_repair import Repair
from catalight.domain.catalogue.urls import MAX_URL_CHARACTERS
from catalight.domain.image.rendition import MAX_RENDITIONS
from catalight.domain.image.report import Source, Times
from catalight.domain.job import safe_names
from catalight.domain.job.row import Image, Row

MAX_DOCUMENT = 16_000_000
LONGEST = "\U00020000"  # four bytes


def test_the_largest_row_fits_a_document() -> None:
    """Each image repeats its cell's text, and has the longest URL, repairs, links and numbers."""
    cell = LONGEST * (MAX_ROW_CHARACTERS // MAX_IMAGES_PER_ROW)
    link = f"{'t' * 22}/{LONGEST * (safe_names.MAX_BYTES // 4)}.webp"
    big = 2**40
    source, times = Source("jpeg", big, big), Times(big, big, big, big, big)
    images = tuple(
        Image(
            LONGEST * MAX_URL_CHARACTERS,
            attempts=2**31,
            written=cell,
            notes=tuple(Repair),
            column=column,
            same_as=(99_999, 799),
            rendition=rendition,
        ).done(link, big, big, big, big, source, times, kept=True, small=True)
        for column in range(MAX_IMAGES_PER_ROW)
        for rendition in range(MAX_RENDITIONS)
    )
    row = Row("j" * 32, 99_999, 99, 99_999, (cell,) * MAX_IMAGES_PER_ROW, images, 10_000)
    size = len(bson.encode(_to_document(row)))
    assert MAX_DOCUMENT / 2 < size < MAX_DOCUMENT
