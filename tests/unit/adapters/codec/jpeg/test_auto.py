"""The lowest quality with a certain look."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import c_char_p
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from catalight.adapters.codec.compress import compress
from catalight.adapters.codec.jpeg import estimate, pixels, requantise
from catalight.adapters.codec.jpeg.auto import HIGHEST, LOWEST, Made, halved_chroma
from catalight.adapters.codec.jpeg.estimate import Choice, Halved
from catalight.adapters.codec.jpeg.header import Header
from catalight.domain.image.formats import Target
from catalight.domain.image.look import Look
from catalight.domain.image.rendition import Rendition
from catalight.domain.image.report import Chosen
from tests.corpora.samples import encode
from tests.unit.adapters.codec.jpeg.comparing import drawn, fast_path
from tests.unit.adapters.codec.jpeg.test_chroma import is_full, logo
from tests.unit.adapters.codec.jpeg.test_ringing import ringing, text
from tests.unit.adapters.codec.looking import opened

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the library is made for Linux alone")

KINDS = ("4:2:0", "4:2:2", "4:4:4", "grey", "progressive")


@cache
def source(kind: str = "4:2:0", quality: int = 90) -> bytes:
    image = drawn(480, 360)
    if kind == "grey":
        return encode(image.convert("L"), "JPEG", quality=quality)
    subsampling = kind if ":" in kind else "4:2:0"
    return encode(image, "JPEG", quality=quality, subsampling=subsampling, progressive=kind == "progressive")


def settled(data: bytes, least: float) -> Made:
    made = requantise.settled(data, least)
    assert made is not None
    return made


def from_pixels(image: Image.Image, least: float) -> Made:
    made = pixels.settled(c_char_p(image.convert("RGBX").tobytes()), image.size, least, b"", grey=False)
    assert made is not None
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_a_stricter_look_takes_a_higher_quality_and_more_bytes(kind: str) -> None:
    small, good, high = (settled(source(kind), look.score) for look in (Look.SMALL, Look.GOOD, Look.HIGH))
    assert small.quality < good.quality < high.quality
    assert small.score < good.score < high.score
    assert len(small.data) < len(good.data) < len(high.data)


@settings(max_examples=40)
@given(st.sampled_from(("4:2:0", "grey")), st.sampled_from((75, 90)), st.floats(0, 100), st.floats(0, 100))
def test_a_stricter_score_never_gives_a_lower_quality(kind: str, had: int, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert settled(source(kind, had), low).quality <= settled(source(kind, had), high).quality
    assert from_pixels(drawn(), low).quality <= from_pixels(drawn(), high).quality


@pytest.mark.parametrize("kind", KINDS)
def test_the_estimate_is_near_what_is_asked_for(kind: str) -> None:
    for look in Look:
        assert abs(settled(source(kind), look.score).score - look.score) < 4


@pytest.mark.parametrize("least", [70, 75, 80, 85, 90])
@pytest.mark.parametrize("had", [60, 75])
def test_the_score_is_reached_where_the_steps_of_the_source_begin(had: int, least: float) -> None:
    """There it jumps to 100."""
    assert settled(source("4:2:0", had), least).score > least - 4


def test_the_quality_is_limited() -> None:
    assert settled(source(), 0).quality == LOWEST
    assert settled(source(), 101).quality == HIGHEST


def test_the_output_is_that_of_the_quality_that_was_chosen() -> None:
    """Values are rounded twice, so a few bytes may differ."""
    for kind in KINDS:
        made = settled(source(kind), 70)
        assert len(made.data) == pytest.approx(len(fast_path(source(kind), made.quality)), rel=0.01)


def test_pixels_get_about_the_quality_of_their_jpeg() -> None:
    made = from_pixels(drawn(480, 360), 70)
    assert abs(made.quality - settled(source("4:4:4", 97), 70).quality) <= 5
    assert abs(made.score - 70) < 4


@pytest.mark.parametrize("grey", [False, True])
def test_text_in_pixels_gets_what_the_quality_gives_as_a_number(*, grey: bool) -> None:
    """So it has as few rings."""
    image = text("L" if grey else "RGB")
    address = c_char_p(image.tobytes() if grey else image.convert("RGBX").tobytes())
    for look in Look:
        made = pixels.settled(address, image.size, look.score, b"", grey=grey)
        assert made is not None
        assert abs(made.score - look.score) < 4
        assert made.data == pixels.encoded(address, image.size, made.quality, b"", grey=grey)


@pytest.mark.parametrize("kind", [{}, {"progressive": True}, {"subsampling": "4:4:4"}])
@pytest.mark.parametrize("look", [Look.SMALL, Look.GOOD])
def test_text_has_as_few_rings_as_with_the_quality_as_a_number(look: Look, kind: dict[str, Any]) -> None:
    data = encode(text(), "JPEG", quality=95, **kind)
    made = settled(data, look.score)
    number = fast_path(data, made.quality)
    assert abs(made.score - look.score) < 4
    assert len(made.data) == pytest.approx(len(number), rel=0.01)
    assert ringing(text(), opened(made.data)) <= 1.02 * ringing(text(), opened(number))


@pytest.mark.parametrize("progressive", [False, True])
def test_a_logo_keeps_the_resolution_of_its_chroma_and_a_photograph_does_not(*, progressive: bool) -> None:
    kind = {"subsampling": "4:4:4", "progressive": progressive}
    of_logo = encode(logo(), "JPEG", quality=95, **kind)
    made = settled(of_logo, Look.HIGH.score)
    assert is_full(made.data)
    assert abs(made.score - Look.HIGH.score) < 4
    assert len(made.data) == pytest.approx(len(fast_path(of_logo, made.quality)), rel=0.02)
    for look in (Look.SMALL, Look.GOOD):
        assert not is_full(settled(source("4:4:4"), look.score).data)


def test_a_source_that_would_lose_its_chroma_and_nothing_else_keeps_it() -> None:
    data = encode(logo(), "JPEG", quality=60, subsampling="4:4:4")
    assert is_full(settled(data, 95).data)


def test_an_output_that_loses_nothing_has_the_best_score() -> None:
    assert settled(source("grey", 20), 90).score == 100


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (17, 9), (33, 16)])
def test_an_image_may_have_any_size(size: tuple[int, int]) -> None:
    image = drawn().crop((100, 90, 100 + size[0], 90 + size[1]))
    for mode in ("RGB", "L"):
        made = requantise.settled(encode(image.convert(mode), "JPEG", quality=95), 70)
        assert made is None or 0 <= made.score <= 100
    assert 0 <= from_pixels(image, 70).score <= 100


def test_an_even_image_needs_no_quality() -> None:
    made = from_pixels(Image.new("RGB", (64, 64), "grey"), 80)
    assert (made.quality, made.score) == (LOWEST, 100)


def test_an_image_is_judged_everywhere() -> None:
    """The sample of a large image is not its first rows."""
    image = Image.new("RGB", (1600, 1200), "white")
    for column in range(5):
        image.paste(drawn(), (320 * column, 900))
    found = [from_pixels(one, 80) for one in (image, ImageOps.flip(image))]
    assert LOWEST < found[0].quality < HIGHEST
    assert abs(found[0].quality - found[1].quality) <= 8


def test_few_estimates_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes time: bisecting all qualities would take seven."""
    made: list[int] = []
    chosen = estimate.chosen

    @contextmanager
    def noted(*arguments: Any) -> Iterator[Choice]:
        with chosen(*arguments) as choice:
            made.append(choice.estimates)
            yield choice

    monkeypatch.setattr(estimate, "chosen", noted)
    for path in Path(__file__).with_name("photographs").glob("*.jpg"):
        settled(path.read_bytes(), 70)
    assert 2 <= fmean(made) <= 3
    assert max(made) <= 4


@pytest.mark.parametrize(
    ("kind", "halved"),
    [("4:2:0", 0), ("grey", 0), ("4:2:2", Halved.DOWN), ("4:4:4", Halved.ACROSS | Halved.DOWN)],
)
def test_chroma_of_a_higher_resolution_is_halved(kind: str, halved: Halved) -> None:
    header = Header(source(kind))
    header.scan(2)
    assert halved_chroma(header) == halved


def test_the_metrics_own_scale() -> None:
    """The values are those of the package ssimulacra2."""
    assert estimate.scaled(0) == 100
    assert [round(estimate.scaled(errors)) for errors in (0.75, 2.28, 4.85, 7.3)] == [86, 73, 57, 45]


def test_the_distance_is_that_of_the_score() -> None:
    for score in (30, 60, 70, 80, 99):
        assert estimate.scaled(estimate.distance(score) ** 2) == pytest.approx(score, abs=1e-6)
    assert estimate.distance(101) < 0 == estimate.distance(100)
    assert estimate.scaled(estimate.distance(0) ** 2) == 0


def test_what_was_chosen_is_reported() -> None:
    auto = Rendition("auto", look=Look.SMALL)
    made = compress(source(), auto)
    assert made.chosen is not None
    assert made.chosen.score is not None
    assert abs(made.chosen.score - Look.SMALL.score) < 4
    scaled = compress(source(), Rendition("auto", max_width=200))
    assert scaled.chosen is not None
    assert scaled.chosen.score is not None
    assert compress(source(), Rendition(50)).chosen is None


@pytest.mark.parametrize("target", [Target.WEBP, Target.AVIF])
def test_other_formats_have_the_look_in_the_mean(target: Target) -> None:
    made = {look: compress(source(), Rendition("auto", target, look=look)) for look in Look}
    qualities = [one.chosen.quality if one.chosen else 0 for one in made.values()]
    assert qualities == sorted(qualities, reverse=True)
    assert len(set(qualities)) == len(Look)
    again = compress(source(), Rendition(qualities[1], target))
    assert (made[Look.GOOD].data, made[Look.GOOD].chosen) == (again.data, Chosen(qualities[1], None))


def test_png_has_no_quality() -> None:
    made = compress(encode(drawn(), "PNG"), Rendition("auto", Target.PNG))
    assert made.chosen is None


def test_a_kept_source_has_no_quality() -> None:
    auto = Rendition("auto", look=Look.HIGH)
    made = compress(compress(source("4:2:0", 20), auto).data, auto)
    assert (made.kept, made.chosen) == (True, None)
