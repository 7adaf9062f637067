"""The keys under which attempts may have stored objects."""

from dataclasses import replace

import pytest

from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.image.formats import Target
from catalight.domain.image.rendition import Rendition
from catalight.domain.image.report import Times
from catalight.domain.job import links, stored_keys
from catalight.domain.job.job import Job
from catalight.domain.job.result_form import ResultForm, ResultFormat
from catalight.domain.job.row import Image, Row
from tests.pipeline import Pipeline

URL = "http://h/a.png"
LOST = ImageError(ImageErrorCode.NOT_FOUND, "The host answered 404.")


def a_job(target: Target, run: int = 1) -> Job:
    return replace(Pipeline().start(URL), renditions=(Rendition(format=target),), run=run)


def a_row(job: Job, image: Image) -> Row:
    return Row(job.id, 0, run=job.run, range=0, cells=(), images=(image,))


def link(job: Job, extension: str, run: int = 1) -> str:
    return links.link(job.secret, run, 0, 0, URL, extension)


@pytest.mark.parametrize("target", [Target.KEEP, Target.AUTO])
def test_with_an_open_format_any_key_is_possible(target: Target) -> None:
    job = a_job(target, run=2)
    expected = {
        f"images/{link(job, e, run)}" for e in ("jpg", "png", "webp", "avif", "gif") for run in (1, 2)
    }
    assert set(stored_keys.possible_keys(job, a_row(job, Image(URL)))) == expected


def test_with_a_fixed_format_only_one_key_is_possible() -> None:
    job = a_job(Target.WEBP)
    failed, done = Image(URL).failed(LOST), Image(URL).done(link(job, "webp"), 1, 1, 1, 1)
    assert [*stored_keys.possible_keys(job, a_row(job, done))] == [f"images/{link(job, 'webp')}"]
    assert [*stored_keys.orphan_keys(job, a_row(job, failed))] == [f"images/{link(job, 'webp')}"]
    assert [*stored_keys.orphan_keys(job, a_row(job, done))] == []


def test_each_rendition_has_keys_of_its_own_format() -> None:
    asked = (Rendition(name="a", format=Target.WEBP), Rendition(name="b", format=Target.AVIF))
    job = replace(a_job(Target.WEBP), renditions=asked)
    row = Row(job.id, 0, 1, 0, (), (Image(URL).failed(LOST), Image(URL, rendition=1)))
    first, second = (
        f"images/{links.link(job.secret, 1, 0, place, URL, extension)}"
        for place, extension in enumerate(("webp", "avif"))
    )
    assert [*stored_keys.possible_keys(job, row)] == [*stored_keys.orphan_keys(job, row)] == [first, second]


def test_the_leftovers_of_a_done_image_are_its_other_formats() -> None:
    """The host may have served another image to an attempt that died than to the next one."""
    job = a_job(Target.KEEP)
    done = Image(URL).done(link(job, "png"), 1, 1, 1, 1)
    expected = {f"images/{link(job, e)}" for e in ("jpg", "webp", "avif", "gif")}
    assert set(stored_keys.orphan_keys(job, a_row(job, done))) == expected


def test_an_image_that_shares_a_link_may_have_left_an_object_of_its_own() -> None:
    job = a_job(Target.WEBP)
    shared = Image(URL, same_as=(3, 0)).like(Image(URL).done("first/a.webp", 1, 1, 1, 1, times=Times()))
    assert [*stored_keys.orphan_keys(job, a_row(job, shared))] == [f"images/{link(job, 'webp')}"]
    own = Image(URL, same_as=(3, 0)).done(link(job, "webp"), 1, 1, 1, 1, times=Times())
    assert [*stored_keys.orphan_keys(job, a_row(job, own))] == []


def test_an_invalid_url_has_no_keys() -> None:
    job = a_job(Target.KEEP)
    image = Image("n/a").failed(ImageError(ImageErrorCode.INVALID_URL, "It is no URL."))
    assert (
        [*stored_keys.possible_keys(job, a_row(job, image))]
        == [*stored_keys.orphan_keys(job, a_row(job, image))]
        == []
    )


def test_the_results_of_a_job_are_those_of_all_runs_also_if_they_did_not_fit_a_workbook() -> None:
    job = replace(a_job(Target.WEBP, run=2), result=ResultForm(ResultFormat.XLSX))
    assert stored_keys.result_keys(job) == [
        f"results/{job.id}/{name}" for name in ("1.xlsx", "1.csv", "2.xlsx", "2.csv")
    ]
    assert stored_keys.result_keys(replace(job, run=1, result=ResultForm())) == [f"results/{job.id}/1.csv"]
