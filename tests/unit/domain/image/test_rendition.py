import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.domain.errors import OptionError
from catalight.domain.image.formats import ImageFormat, Target
from catalight.domain.image.look import Look
from catalight.domain.image.rendition import Rendition


def test_options_survive_storage() -> None:
    options = Rendition(quality=80, format=Target.WEBP, max_width=10, background="#00ff00")
    assert Rendition.from_document(options.to_document()) == options


def test_options_stored_by_the_first_versions_are_read() -> None:
    stored = {"quality": 80, "format": "webp", "max_width": None, "max_height": 9}
    options = Rendition.from_document(stored)
    assert options == Rendition(80, Target.WEBP, None, 9, background="#ffffff")
    assert options.to_document() == stored  # so a request under an Idempotency-Key keeps its fingerprint


def test_an_automatic_quality_has_a_look() -> None:
    options = Rendition("auto")
    assert options == Rendition("auto", look=Look.GOOD)
    assert options.to_document()["look"] == "good"
    for look in Look:
        options = Rendition("auto", look=look)
        assert Rendition.from_document(options.to_document()) == options


def test_a_look_needs_the_automatic_quality() -> None:
    with pytest.raises(OptionError, match="nothing, unless quality=auto") as caught:
        Rendition(80, look=Look.HIGH)
    assert caught.value.field == "look"


def test_a_stricter_look_has_a_higher_score() -> None:
    assert Look.HIGH.score > Look.GOOD.score > Look.SMALL.score


def test_the_defaults_have_not_changed() -> None:
    assert Rendition() == Rendition(quality=50, format=Target.JPEG, max_width=None, max_height=None)


@pytest.mark.parametrize(
    "background", ["", "white", "fff", "ffffff", "#fffffg", "#ffffff\n", "#ffffff0", "#ffff", "#ff", "#"]
)
def test_a_background_has_three_or_six_hexadecimal_digits(background: str) -> None:
    with pytest.raises(OptionError, match="a colour such as #ffffff") as caught:
        Rendition(background=background)
    assert caught.value.field == "background"


def test_the_formats_of_a_target() -> None:
    assert Target.WEBP.formats == (ImageFormat.WEBP,)
    assert Target.KEEP.formats == Target.AUTO.formats == tuple(ImageFormat)


@pytest.mark.parametrize(
    "values", [{"quality": 0}, {"quality": 101}, {"max_width": 0}, {"max_height": 16_384}]
)
def test_a_value_out_of_range_is_refused_with_the_allowed_range(values: dict[str, int]) -> None:
    with pytest.raises(OptionError, match="from 1 to") as caught:
        Rendition(**values)  # type: ignore[arg-type]
    assert caught.value.field == next(iter(values))


def test_extensions_are_the_usual_ones() -> None:
    assert [image_format.extension for image_format in ImageFormat] == ["jpg", "png", "webp", "avif", "gif"]


@given(st.text("0123456789abcdefABCDEF", min_size=3, max_size=3))
def test_three_digits_mean_each_of_them_twice(digits: str) -> None:
    options = Rendition(background=f"#{digits}")
    assert options.background == "#" + "".join(2 * digit for digit in digits)
    assert Rendition.from_document(options.to_document()) == options


def test_short_white_is_the_default() -> None:
    assert Rendition(background="#fff").to_document() == Rendition().to_document()
