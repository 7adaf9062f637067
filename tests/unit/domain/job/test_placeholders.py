"""A URL that stands in more than 20 rows and in more than 5 % of them is noted."""

import csv
import io
import json
from dataclasses import replace

import pytest

from catalight.domain.image.rendition import Rendition
from catalight.domain.job import placeholders
from catalight.domain.job.placeholders import RowsOfUrls
from catalight.domain.job.result_form import ResultForm, ResultFormat
from catalight.domain.job.row import Image, Row
from tests.pipeline import MISSING, Pipeline
from tests.results import written

NONE = "http://h/none.jpg"


def catalogue(with_it: int, without: int) -> list[str]:
    """Cells of one image, after a row that has it twice."""
    cells = [NONE] * (with_it - 1) + [f"http://h/{number}.jpg" for number in range(without)]
    return [f"http://h/x.jpg {NONE} {NONE}", *cells]


@pytest.mark.parametrize(
    ("with_it", "without", "noted"),
    [(20, 0, False), (21, 0, True), (21, 398, True), (21, 399, False), (50, 949, True), (50, 950, False)],
)
def test_the_limits(with_it: int, without: int, *, noted: bool) -> None:
    job = Pipeline().start(*catalogue(with_it, without))
    assert job.placeholders == (frozenset({(0, 1)}) if noted else frozenset())


def test_notes_name_each_of_its_images_and_no_other() -> None:
    pipeline = Pipeline(hosts={"http://h/3.jpg": MISSING})
    job = pipeline.start(*catalogue(30, 5))
    pipeline.run()
    lines = list(csv.DictReader(io.StringIO(pipeline.result(job))))
    assert [line["Notes"] for line in lines] == [
        ",PLACEHOLDER?,PLACEHOLDER?+SAME_AS 1/2",
        *["PLACEHOLDER?+SAME_AS 1/2"] * 29,
        *[""] * 5,
    ]
    assert {line["Status"] for line in lines} == {"DONE", "FAILED"}
    rows = pipeline.rows.stream(job.id)
    texts = written(job, rows, ResultForm(ResultFormat.JSONL)).splitlines()
    notes = [[image["notes"] for image in json.loads(text)["images"]] for text in texts]
    assert notes[:2] == [[[], ["PLACEHOLDER?"], ["PLACEHOLDER?"]], [["PLACEHOLDER?"]]]
    assert notes[-1] == [[]]


def test_renditions_and_repairs_beside_it() -> None:
    pipeline = Pipeline()
    cells = ["www.h.test/none.jpg"] * 21
    job = pipeline.start(*cells, renditions=(Rendition(name="a"), Rendition(name="b")))
    pipeline.run()
    assert job.placeholders == {(0, 0)}
    assert (job.images, job.duplicates, job.distinct_images) == (21, 20, 1)
    notes = {line["Notes"] for line in csv.DictReader(io.StringIO(pipeline.result(job)))}
    assert notes == {"PLACEHOLDER?+URL_SCHEME_ADDED", "PLACEHOLDER?+URL_SCHEME_ADDED+SAME_AS 1/1"}


def test_a_retry_keeps_them() -> None:
    pipeline = Pipeline(hosts={NONE: MISSING})
    job = pipeline.start(*[NONE] * 21)
    pipeline.run()
    assert pipeline.result(job).count("PLACEHOLDER?") == 21
    pipeline.retry_job(job.id)
    pipeline.run()
    retried = pipeline.jobs.get(job.id)
    assert (retried.run, retried.placeholders) == (2, frozenset({(0, 0)}))
    assert pipeline.result(retried).count("PLACEHOLDER?") == 21


def row(number: int, *first: tuple[int, int] | None) -> Row:
    images = tuple(Image("http://h/a.jpg", same_as=same_as) for same_as in first)
    return Row("job", number, 1, 0, (), images)


def test_memory_is_bounded_and_what_is_frequent_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placeholders, "MOST", 100)
    counted = RowsOfUrls()
    for number in range(20_000):
        frequent = (0, 0) if number % 10 == 1 else None
        counted.add(row(number, frequent, (1 + number // 2, 0)))  # each other URL is in three rows or fewer
        assert len(counted.further) <= 101
    assert counted.placeholders == {(0, 0)}


def test_nothing_is_noted_without_duplicates() -> None:
    counted = RowsOfUrls()
    for number in range(1_000):
        counted.add(row(number, None))
    assert counted.placeholders == frozenset()
    assert replace(row(0, None)).images[0].same_as is None
