import pytest

from catalight.domain.errors import OptionError
from catalight.domain.image.options import ImageFormat, Options, Target


def test_options_survive_storage() -> None:
    options = Options(quality=80, format=Target.WEBP, max_width=10, background="#00ff00")
    assert Options.from_document(options.to_document()) == options


def test_options_of_the_first_versions_are_read() -> None:
    stored = {"quality": 80, "format": "webp", "max_width": None, "max_height": 9}
    options = Options.from_document(stored)
    assert options == Options(80, Target.WEBP, None, 9, background="#ffffff")
    assert options.to_document() == stored  # so an order under its Idempotency-Key stays the same order


def test_by_default_clients_get_what_they_always_got() -> None:
    assert Options() == Options(quality=50, format=Target.JPEG, max_width=None, max_height=None)


@pytest.mark.parametrize("background", ["", "white", "#fff", "ffffff", "#fffffg", "#ffffff\n", "#ffffff0"])
def test_a_background_is_six_digits(background: str) -> None:
    with pytest.raises(OptionError, match="a colour such as #ffffff") as caught:
        Options(background=background)
    assert caught.value.field == "background"


def test_what_a_target_may_give() -> None:
    assert Target.WEBP.formats == (ImageFormat.WEBP,)
    assert Target.KEEP.formats == Target.AUTO.formats == tuple(ImageFormat)


@pytest.mark.parametrize(
    "values", [{"quality": 0}, {"quality": 101}, {"max_width": 0}, {"max_height": 16_384}]
)
def test_a_value_out_of_range_is_refused_with_what_is_allowed(values: dict[str, int]) -> None:
    with pytest.raises(OptionError, match="from 1 to") as caught:
        Options(**values)  # type: ignore[arg-type]
    assert caught.value.field == next(iter(values))


def test_extensions_are_the_ones_that_importers_know() -> None:
    assert [image_format.extension for image_format in ImageFormat] == ["jpg", "png", "webp", "avif", "gif"]
