"""Images that a template names: their links, what is left over of them, and what a deletion removes."""

from dataclasses import replace

import pytest

from catalight.domain.catalogue import catalogue
from catalight.domain.errors import OptionError
from catalight.domain.image.formats import ImageFormat, Target
from catalight.domain.image.rendition import Rendition
from catalight.domain.job import image_names, links, stored_keys
from catalight.domain.job.job import Job
from catalight.domain.job.naming import Naming
from catalight.domain.messages import ProcessRange
from tests.pipeline import MISSING, Pipeline, a_submission, an_output

NAMING = Naming.read("{name}/{serial}-{n}")
A, B = "http://h/a.jpg", "http://h/b.jpg"


def names(pipeline: Pipeline, job: Job) -> list[str | None]:
    return [
        image.link and image.link.partition("/")[2]
        for row in pipeline.rows.stream(job.id)
        for image in row.images
    ]


def test_links_have_the_names_of_the_template() -> None:
    pipeline = Pipeline()
    job = pipeline.start(f"{A} {B}", "http://h/c.jpg", naming=NAMING)
    pipeline.run()
    assert names(pipeline, job) == ["Product-1-1-1.jpg", "Product-1-1-2.jpg", "Product-2-2-1.jpg"]
    stored = [key.removeprefix("images/") for key in pipeline.store.objects if key.startswith("images/")]
    assert len(stored) == 3
    assert all(map(links.is_link, stored))
    assert "/Product-2-2-1.jpg" in pipeline.result(pipeline.jobs.get(job.id))


def test_the_columns_of_an_earlier_result_do_not_move_those_of_a_template() -> None:
    earlier = "Output Image Urls,Status,Errors,Bytes In,Bytes Out,Notes"
    header = f"SKU,Input Image Urls,{earlier},Serial Number,Product Name"
    parsed = catalogue.parse(f"{header}\nAB,{A},x,DONE,,1,1,,77,Shoe\n".encode())
    pipeline = Pipeline()
    naming = Naming.read("{serial}-{name}-{column:SKU}-{column:Product Name}")
    job = pipeline.start(A, catalogue=parsed, naming=naming)
    pipeline.run()
    assert names(pipeline, job) == ["77-Shoe-AB-Shoe.jpg"]


def test_a_shared_output_has_the_first_places_name_and_each_place_its_own_path() -> None:
    pipeline = Pipeline(window=1)
    job = pipeline.start(A, B, A, naming=NAMING)
    pipeline.run()
    assert names(pipeline, job) == ["Product-1-1-1.jpg", "Product-2-2-1.jpg", "Product-1-1-1.jpg"]
    rows = list(pipeline.rows.stream(job.id))
    paths = [image_names.path(pipeline.jobs.get(job.id), row, 0) for row in rows]
    assert paths == ["Product-1/1-1.jpg", "Product-2/2-1.jpg", "Product-3/3-1.jpg"]


@pytest.mark.parametrize("naming", [None, NAMING, Naming.read("Größe {name}", unicode=True)])
def test_all_keys_of_named_images_are_known(naming: Naming | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash leaves an object; the next attempt gets another format; a deletion removes every run's."""
    pipeline = Pipeline()
    pipeline.hosts[B] = MISSING
    keep = (Rendition(format=Target.KEEP),)
    job = pipeline.start(f"{A} {B}", naming=naming, renditions=keep)

    def dies(*_: object) -> int:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(pipeline.rows, "save", dies)
        with pytest.raises(SystemExit):
            pipeline.process(ProcessRange(job.id, 1, 0))
    [left] = pipeline.store.objects
    with monkeypatch.context() as patch:
        patch.setattr(Pipeline, "compress", lambda *_: [an_output(b"x", ImageFormat.PNG)])
        fresh = replace(pipeline.process_range.compress_images, compress=pipeline.compress)
        replace(pipeline.process_range, compress_images=fresh)(ProcessRange(job.id, 1, 0), lambda: 100.0)
    assert len(pipeline.store.objects) == 2
    pipeline.run()
    assert left not in pipeline.store.objects
    del pipeline.hosts[B]
    pipeline.retry_job(job.id)
    pipeline.run()
    stored = {key for key in pipeline.store.objects if key.startswith("images/")}
    assert len(stored) == 2
    [row] = pipeline.rows.stream(job.id)
    assert stored < set(stored_keys.possible_keys(pipeline.jobs.get(job.id), row))
    pipeline.delete_job(job.id)
    pipeline.run()
    assert pipeline.store.objects == {}


def test_a_template_that_does_not_fit_counts_and_stores_nothing() -> None:
    pipeline = Pipeline()
    with pytest.raises(OptionError):
        pipeline.start(A, naming=Naming.read("{column:Colour}"))
    assert pipeline.jobs.jobs == {}


def test_a_template_is_part_of_a_submission() -> None:
    plain, named = a_submission(A), a_submission(A, naming=NAMING)
    others = [replace(named, naming=replace(NAMING, unicode=True)), replace(plain, keep_days=3)]
    prints = {submission.fingerprint for submission in (plain, named, *others)}
    assert len(prints) == 4
