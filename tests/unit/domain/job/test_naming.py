"""Templates of file names, and the names that they make of rows."""

from collections import Counter
from collections.abc import Callable, Sequence
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
        ("{serial}/" + "x" * 61 + "-{n}", f'the text "{"x" * 61}-" of one part is too long; at most 60'),
        ("x" * 30 + "{n}" + "y" * 31, "of one part is too long"),
    ],
)
def test_a_wrong_template_is_refused_with_the_reason(template: str, reason: str) -> None:
    with pytest.raises(OptionError) as caught:
        a_naming(template)
    assert caught.value.field == "file_name"
    assert reason in caught.value.allowed


def test_the_longest_text_of_a_part_leaves_room_for_its_fields() -> None:
    parts = [("x" * 60, False), ("\U00020000" * 45, True)]
    for text, unicode in parts:
        job = a_job(f"{text}{{n}}/{text}{{name}}{{n}}", unicode=unicode)
        path = image_names.path(job, a_row(("", "é" * 300), images=100), 199)
        assert path.startswith(f"{text}100/{text}")
        assert path.endswith("100.webp")
    with pytest.raises(OptionError, match="180 bytes"):
        a_job("\U00020000" * 46 + "{n}", unicode=True)
    with pytest.raises(OptionError, match="of one part is too long"):
        a_job("\ufdfa" * 4 + "{n}", unicode=True)  # one character that becomes 18


def test_a_stored_template_with_a_longer_text_still_names_its_images() -> None:
    stored = Naming.from_document({"template": "x" * 90 + "-{n}", "columns": []})
    assert image_names.stem(replace(a_job(None), naming=stored), a_row(CELLS), 0) == "x" * 80


@pytest.mark.parametrize(
    ("cell", "folder"),
    [
        ("c-catalight.csv", "c-catalight-csv"),
        ("missing.txt", "missing-txt"),
        ("v1.2 Brand", "v1-2-Brand"),
        ("con.x", "_con-x"),
    ],
)
def test_a_folder_never_has_the_name_of_a_file(cell: str, folder: str) -> None:
    job = a_job("{column:SKU}/{column:SKU}")
    row = a_row((cell,))
    assert image_names.path(job, row, 0) == f"{folder}/{safe_names.segment(cell.replace(' ', '-'))}.webp"
    assert "." in image_names.stem(job, row, 0), "a link keeps its dots"


def test_without_a_template_a_file_has_no_name_that_windows_reserves() -> None:
    job, row = a_job(None), a_row(CELLS, url="http://h/con.jpg")
    assert image_names.path(job, row, 0) == "_con.webp"
    assert image_names.stem(job, row, 0) == "con"


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


def slow_segment(pieces: Sequence[naming.Piece], texts: Sequence[str]) -> str:
    """Make a segment as `naming` first did: by trying each limit."""
    whole = "".join(texts)
    limit = 80
    while not safe_names.fits(whole) and limit:
        limit -= 1
        cut = [text[:limit] if piece.field else text for piece, text in zip(pieces, texts, strict=True)]
        whole = "".join(cut)
    return safe_names.segment(whole)


def slow_stem(segments: Sequence[str]) -> str:
    name = "-".join(segments)
    while not safe_names.fits(name):
        name = name[1:]
    return safe_names.segment(name)


LONG_TEXTS = st.text(st.sampled_from("aé鞋\U00020000-."), max_size=300)


@given(TEMPLATES, st.lists(TEXTS | LONG_TEXTS, max_size=6), st.integers(0, 3), st.booleans())
def test_names_are_those_that_the_slow_way_makes(
    template: str, cells: list[str], place: int, unicode: bool
) -> None:
    try:
        job = a_job(template or "{n}", unicode=unicode)
    except OptionError:
        return
    row = a_row(cells)
    fast = image_names.segments(job, row, place), image_names.stem(job, row, place)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(naming, "_segment", slow_segment)
        patch.setattr(naming, "_value", naming._value.__wrapped__)
        slow = image_names.segments(job, row, place)
    assert fast == (slow, slow_stem(slow))


@given(st.lists(st.tuples(st.booleans(), LONG_TEXTS.map(lambda text: text[:80])), max_size=16))
def test_a_segment_is_cut_as_the_slow_way_cuts_it(parts: list[tuple[bool, str]]) -> None:
    pieces = tuple(naming.Piece("name" if is_field else "", "") for is_field, _ in parts)
    texts = tuple(text for _, text in parts)
    assert naming._segment(pieces, texts) == slow_segment(pieces, texts)


def test_long_cells_are_read_once_for_a_row_and_cut_in_few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """FinishJob makes the names of 600,000 outputs in its time."""
    calls: Counter[str] = Counter()

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            calls[function.__name__] += 1
            return function(*args, **options)

        return call

    job, row = (
        a_job("{column:Title}" * 13 + "{n}"),
        a_row(("", "Gartenmöbel aus Akazienholz " * 10), images=50),
    )
    monkeypatch.setattr(safe_names, "safe", counted(safe_names.safe))
    monkeypatch.setattr(safe_names, "fits", counted(safe_names.fits))
    names = {image_names.stem(job, row, place) for place in range(100)}
    assert len(names) == 50
    assert calls["safe"] == 1
    assert calls["fits"] < 100 * 8


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
