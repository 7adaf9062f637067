"""Templates of file names, and the names that they make of rows."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.domain.errors import OptionError
from catalight.domain.image.formats import ImageFormat
from catalight.domain.image.rendition import Rendition
from catalight.domain.job import image_names, links, naming, safe_names
from catalight.domain.job.image_names import UniqueNames
from catalight.domain.job.job import Job
from catalight.domain.job.naming import Naming
from catalight.domain.job.row import Image, Row
from tests.pipeline import Pipeline
from tests.unit.domain.job.test_safe_names import TEXTS, check

HEADER = ("SKU", "Title", "Brand", "Size", "Size", "Front/Back")
NAMED = (Rendition(name="large"), Rendition(name="thumb"))
JOB = replace(Pipeline().start("http://h/a.png"), header=HEADER)


def a_naming(template: str, *, unicode: bool = False) -> Naming:
    return Naming.read(template, unicode=unicode).resolved(HEADER, 0, 1, named_renditions=True)


def a_job(template: str | None, renditions: tuple[Rendition, ...] = NAMED, **options: Any) -> Job:
    return replace(JOB, renditions=renditions, naming=a_naming(template, **options) if template else None)


def a_row(cells: Sequence[str], images: int = 2, url: str = "http://h/Red%20Shoe.png") -> Row:
    """A row with two renditions of each image, all done."""
    entries = [
        Image(url, rendition=rendition).done("t/x.webp", 1, 1, 1, 1)
        for _ in range(images)
        for rendition in range(len(NAMED))
    ]
    return Row("job", 7, run=1, range=0, cells=tuple(cells), images=tuple(entries))


CELLS = ("AB 12/x", "Rote Schuhe", "Möbel & Co", "L", "XL", "front")


@pytest.mark.parametrize(
    ("template", "place", "path"),
    [
        ("{column:SKU}-{n}", 0, "AB-12-x-1"),
        ("{column:SKU}-{n}", 1, "AB-12-x-1"),
        ("{column:SKU}-{n}", 2, "AB-12-x-2"),
        ("{column:sku}-{n}-{rendition}", 3, "AB-12-x-2-thumb"),
        ("{column:Brand}/{serial}/{name} {n}", 0, "Mobel-Co/AB-12-x/Rote-Schuhe-1"),
        ("{source}_{n}", 0, "Red-Shoe_1"),
        ("shoe", 0, "shoe"),
        ("{column:Front/Back}", 0, "front"),
        ("Größe/{n}", 0, "Grosse/1"),
        ("{n}.", 0, "1"),
    ],
)
def test_a_template_names_an_image(template: str, place: int, path: str) -> None:
    job, row = a_job(template), a_row(CELLS)
    assert image_names.path(job, row, place) == f"{path}.webp"
    assert image_names.stem(job, row, place) == path.replace("/", "-")


def test_unicode_names_keep_their_letters() -> None:
    job = a_job("Größe/{column:Brand}", unicode=True)
    assert image_names.path(job, a_row(CELLS), 0) == "Größe/Möbel-Co.webp"


@pytest.mark.parametrize("cells", [(), ("", "", ""), ("…", " ", "/")])
def test_an_empty_value_has_a_substitute(cells: tuple[str, ...]) -> None:
    job = a_job("{column:Brand}/{serial}-{n}")
    assert image_names.path(job, a_row(cells), 2) == "image/image-2.webp"


def test_a_rendition_without_a_name_has_its_number() -> None:
    job = a_job("{serial}-{rendition}", (Rendition(name="large"), Rendition()))
    assert [image_names.stem(job, a_row(CELLS), place) for place in (2, 3)] == ["AB-12-x-large", "AB-12-x-2"]


def test_without_a_template_an_image_has_the_name_of_its_source() -> None:
    job, row = a_job(None), a_row(CELLS)
    assert image_names.stem(job, row, 1) == "Red-Shoe"
    assert image_names.path(job, row, 1) == links.file_name(row.images[1].url, "webp") == "Red-Shoe.webp"


def test_a_long_value_leaves_room_for_the_others() -> None:
    job = a_job("{name}-{n}-{rendition}")
    stem = image_names.stem(job, a_row(("", "x" * 500)), 3)
    assert stem == f"{'x' * 72}-2-thumb"


def test_a_link_that_is_too_long_lacks_its_first_folders() -> None:
    job = a_job("{name}/{column:Brand}/{serial}")
    stem = image_names.stem(job, a_row(("s" * 30, "n" * 80, "b" * 40)), 0)
    assert stem == f"{'n' * 8}-{'b' * 40}-{'s' * 30}"


def test_an_image_without_an_output_has_no_path() -> None:
    row = replace(a_row(CELLS), images=(Image("http://h/a.png"),))
    with pytest.raises(ValueError, match="no output"):
        image_names.path(a_job("{n}"), row, 0)


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{SKU}", '"{SKU}" is no field'),
        ("{column:}", '"{column:}" is no field'),
        ("{}", '"{}" is no field'),
        ("{column:Colour}", 'no column "Colour"; it has SKU, Title, Brand, Size, Size, Front/Back'),
        ("{column:Size}", 'more than one column "Size"'),
        ("{serial", "has no partner"),
        ("serial}", "has no partner"),
        ("{{serial}}", "has no partner"),
        ("/{serial}", "empty or has only dots"),
        ("{serial}/", "empty or has only dots"),
        ("a//b", "empty or has only dots"),
        ("../{serial}", "empty or has only dots"),
        ("./{serial}", "empty or has only dots"),
        (" ", "empty or has only dots"),
        ("a\\{serial}", "must not have a \\"),
        ("C:{serial}", "must not have a :"),
        ("{serial}\u202e", "cannot be printed"),
        ("1/2/3/4/5/6", "into 6 parts; at most 5"),
        ("x" * 201, "201 characters; at most 200"),
    ],
)
def test_a_wrong_template_is_refused_with_the_reason(template: str, reason: str) -> None:
    with pytest.raises(OptionError) as caught:
        a_naming(template)
    assert caught.value.field == "file_name"
    assert reason in caught.value.allowed


@pytest.mark.parametrize("template", ["{serial}", "{name}", "{rendition}"])
def test_a_field_that_the_job_lacks_is_refused(template: str) -> None:
    with pytest.raises(OptionError):
        Naming.read(template).resolved(HEADER, None, None, named_renditions=False)


FIELDS = ("{serial}", "{name}", "{n}", "{source}", "{rendition}", "{column:SKU}", "{column:Brand}")
TEMPLATES = st.lists(st.sampled_from(FIELDS) | TEXTS | st.just("/"), max_size=12).map("".join)


@given(TEMPLATES, st.lists(TEXTS, max_size=6), st.integers(0, 3), st.booleans(), TEXTS)
def test_any_template_over_any_row_makes_a_safe_path(
    template: str, cells: list[str], place: int, unicode: bool, url: str
) -> None:
    with suppress(OptionError):  # any other error fails the test
        a_job(template, unicode=unicode)
        check_names(template, cells, place, url, unicode=unicode)


def check_names(template: str, cells: list[str], place: int, url: str, *, unicode: bool) -> None:
    """Check the names that a template gives to an image, whatever its row has."""
    job = a_job(template, unicode=unicode)
    row = a_row(cells, url=f"http://h/{url.replace('[', '').replace(']', '')}")
    path = image_names.path(job, row, place)
    stem, _, extension = path.rpartition(".")
    assert extension == "webp"
    assert len(path.encode()) < 1_024
    if job.naming is None:  # an empty template
        return
    segments = stem.split("/")
    assert len(segments) <= naming.MAX_SEGMENTS
    for segment in segments:
        check(segment, unicode=unicode)
    link = f"{'t' * 22}/{image_names.stem(job, row, place)}.{extension}"
    check(image_names.stem(job, row, place), unicode=unicode)
    assert links.is_link(link)
    assert links.image_url("https://cdn.test", link).isascii()
    assert (path, link) == (
        image_names.path(a_job(template, unicode=unicode), replace(row), place),
        f"{'t' * 22}/{image_names.stem(job, row, place)}.{extension}",
    )


@given(st.lists(TEXTS, max_size=3))
def test_a_naming_survives_storage(cells: list[str]) -> None:
    made = a_naming("{column:Brand}-{serial}")
    stored = {"template": made.template, "unicode": made.unicode, "columns": list(made.columns)}
    assert Naming.from_document(stored) == made


class TestUniqueNames:
    def test_a_repeated_name_gets_a_number(self) -> None:
        unique = UniqueNames()
        paths = ["a/x.jpg", "a/X.jpg", "A/x.png", "b/x.jpg", "x.jpg"]
        assert list(map(unique, paths)) == ["a/x.jpg", "a/X-2.jpg", "A/x-3.png", "b/x.jpg", "x.jpg"]

    def test_a_number_is_left_out_if_a_name_has_it(self) -> None:
        unique = UniqueNames()
        paths = ["x-2.jpg", "x.jpg", "x.jpg", "x-3.jpg", "x-3.jpg", "x-2.png"]
        assert list(map(unique, paths)) == [
            "x-2.jpg",
            "x.jpg",
            "x-3.jpg",
            "x-3-2.jpg",
            "x-3-3.jpg",
            "x-2-2.png",
        ]

    def test_letters_that_differ_only_in_case_are_the_same(self) -> None:
        unique = UniqueNames()
        assert list(map(unique, ["STRASSE.jpg", "straße.jpg", "É.jpg", "é.jpg"])) == [
            "STRASSE.jpg",
            "straße-2.jpg",
            "É.jpg",
            "é-2.jpg",
        ]

    def test_many_images_of_one_name_take_no_longer_than_others(self) -> None:
        unique = UniqueNames()
        names = {unique("x.jpg") for _ in range(50_000)}
        assert len(names) == 50_000
        assert "x-50000.jpg" in names


def test_the_numbers_of_the_most_images_fit_into_a_file_name() -> None:
    longest = "\U00020000" * 60
    assert safe_names.is_segment(longest)
    assert len(f"{longest}-4800000.webp".encode()) <= 255


@given(st.lists(st.sampled_from(["x", "X", "x-2", "x-2-2", "y/x", "é", "É"]), max_size=40))
def test_no_two_unique_names_are_the_same_on_any_system(stems: list[str]) -> None:
    paths = [f"{stem}.{output.extension}" for stem in stems for output in (ImageFormat.JPEG, ImageFormat.PNG)]
    names = list(map(UniqueNames(), paths))
    assert len({name.rpartition(".")[0].casefold() for name in names}) == len(paths)
    assert names == list(map(UniqueNames(), paths))
    for path, name in zip(paths, names, strict=True):
        assert name.rpartition(".")[2] == path.rpartition(".")[2]
