import pytest

from catalight.domain.errors import OptionError
from catalight.domain.options import ImageFormat, Options


def test_options_survive_storage() -> None:
    options = Options(quality=80, format=ImageFormat.WEBP, max_width=10)
    assert Options.from_document(options.to_document()) == options


@pytest.mark.parametrize(
    "values", [{"quality": 0}, {"quality": 101}, {"max_width": 0}, {"max_height": 16_384}]
)
def test_a_value_out_of_range_is_refused_with_what_is_allowed(values: dict[str, int]) -> None:
    with pytest.raises(OptionError, match="from 1 to") as caught:
        Options(**values)  # type: ignore[arg-type]
    assert caught.value.field == next(iter(values))


def test_extensions_are_the_ones_that_importers_know() -> None:
    assert [image_format.extension for image_format in ImageFormat] == ["jpg", "png", "webp", "avif"]
