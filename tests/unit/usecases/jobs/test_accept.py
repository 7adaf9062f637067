"""Accepting files: what identifies a request, and how a repetition is understood."""

from functools import partial

import pytest

from catalight.domain.catalogue.catalogue import parse
from catalight.domain.catalogue.columns import Reason
from catalight.domain.catalogue.requested import Request
from catalight.domain.errors import CatalogueError, IdempotencyError
from catalight.domain.image.rendition import Rendition
from catalight.usecases.jobs.accept import Accepted
from catalight.usecases.jobs.submit import Submission
from catalight.usecases.jobs.understand import Upload
from tests.pipeline import Pipeline, a_submission, csv_of

CLASSIC = csv_of("http://h/a.jpg").replace(b"Urls", b"Urls,Photo").replace(b'"\r', b'",http://h/p.jpg\r')
PHOTOS = b"Code,Front,Back\n1,http://h/a.jpg,http://h/b.jpg\n"
FRONT, BACK = Request(("Front",)), Request(("Back",))


def accept(pipeline: Pipeline, upload: Upload, key: str | None = None, owner: str = "acme") -> Accepted:
    terms = partial(
        Submission,
        owner=owner,
        file_name="c.csv",
        renditions=(Rendition(),),
        webhook_url=None,
        api_base="https://api.test",
        link_base="https://api.test",
        idempotency_key=key,
    )
    return pipeline.accept(owner, key, upload, terms)


def images(accepted: Accepted) -> list[str]:
    return [source.url for row in accepted.understood.rows for source in row.sources]


def reason(accepted: Accepted) -> Reason:
    assert accepted.understood.header
    return accepted.understood.header.columns.reason


def test_a_classic_request_has_the_fingerprint_that_it_always_had() -> None:
    job = accept(Pipeline(), Upload(CLASSIC), "k").job
    assert (
        job.fingerprint == a_submission("http://h", catalogue=parse(CLASSIC), idempotency_key="k").fingerprint
    )


def test_a_classic_request_keeps_its_fingerprint_when_other_columns_are_in_memory() -> None:
    pipeline = Pipeline()
    first = accept(pipeline, Upload(CLASSIC), "k")
    accept(pipeline, Upload(CLASSIC, columns=Request(("Photo",))))
    other = accept(pipeline, Upload(CLASSIC), "other")
    assert other.job.fingerprint == first.job.fingerprint
    assert (reason(other), images(other)) == (Reason.REMEMBERED, ["http://h/p.jpg"])


@pytest.mark.parametrize("data", [CLASSIC, PHOTOS], ids=["classic", "other"])
def test_a_repetition_is_understood_as_the_first_request(data: bytes) -> None:
    pipeline = Pipeline()
    name = "Photo" if data is CLASSIC else "Back"
    first = accept(pipeline, Upload(data), "k")
    accept(pipeline, Upload(data, columns=Request((name,))))

    again = accept(pipeline, Upload(data), "k")
    assert (again.job.id, images(again), reason(again)) == (first.job.id, images(first), reason(first))

    remembered = accept(pipeline, Upload(data), "k2")
    assert reason(remembered) is Reason.REMEMBERED
    [columns_id] = pipeline.column_memory.owners["acme"]
    pipeline.column_memory.forget("acme", columns_id)
    again = accept(pipeline, Upload(data), "k2")
    assert (again.job.id, images(again)) == (remembered.job.id, images(remembered))


def test_a_repetition_is_accepted_even_if_its_file_would_be_refused_now() -> None:
    pipeline = Pipeline()
    data = b"Code,Image,Back\n1,http://h/a,n/a\n"
    first = accept(pipeline, Upload(data), "k")
    pipeline.clock.forward(1)
    accept(pipeline, Upload(data + b"2,,http://h/b\n", columns=BACK))
    with pytest.raises(CatalogueError):
        accept(pipeline, Upload(data), "k2")
    assert accept(pipeline, Upload(data), "k").job.id == first.job.id


def test_a_repetition_after_a_crash_stores_the_rows_of_the_first_request() -> None:
    pipeline = Pipeline()
    with pytest.MonkeyPatch.context() as crash:
        crash.setattr(pipeline.rows, "insert", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            accept(pipeline, Upload(PHOTOS), "k")
    accept(pipeline, Upload(PHOTOS, columns=BACK))
    again = accept(pipeline, Upload(PHOTOS), "k")
    assert images(again) == ["http://h/a.jpg", "http://h/b.jpg"]
    assert list(pipeline.images(again.job)) == images(again)


def test_other_columns_or_another_file_under_one_key_are_refused() -> None:
    pipeline = Pipeline()
    sent = Upload(PHOTOS, columns=FRONT)
    first = accept(pipeline, sent, "k")
    assert accept(pipeline, sent, "k").job.id == first.job.id
    for other in (
        Upload(PHOTOS, columns=BACK),
        Upload(PHOTOS),
        Upload(PHOTOS, columns=FRONT, header_row=1),
        Upload(PHOTOS, columns=FRONT, file_url="https://h/c.csv"),
        Upload(PHOTOS + b"\n", columns=FRONT),
    ):
        with pytest.raises(IdempotencyError):
            accept(pipeline, other, "k")


def test_the_bytes_of_a_classic_file_do_not_count_but_those_of_others_do() -> None:
    pipeline = Pipeline()
    accept(pipeline, Upload(CLASSIC), "k")
    accept(pipeline, Upload(CLASSIC + b"\r\n"), "k")
    accept(pipeline, Upload(PHOTOS), "k2")
    with pytest.raises(IdempotencyError):
        accept(pipeline, Upload(PHOTOS + b"\n"), "k2")


def test_a_late_repetition_changes_no_later_choice() -> None:
    pipeline = Pipeline()
    accept(pipeline, Upload(PHOTOS, columns=FRONT), "k")
    pipeline.clock.forward(1)
    accept(pipeline, Upload(PHOTOS, columns=BACK))
    pipeline.clock.forward(1)
    accept(pipeline, Upload(PHOTOS, columns=FRONT), "k")
    [known] = pipeline.column_memory.of_owner("acme")
    assert known.columns == BACK


def test_what_one_owner_names_is_not_known_of_another() -> None:
    pipeline = Pipeline()
    accept(pipeline, Upload(PHOTOS, columns=FRONT))
    assert reason(accept(pipeline, Upload(PHOTOS), owner="other")) is Reason.CONTENT
