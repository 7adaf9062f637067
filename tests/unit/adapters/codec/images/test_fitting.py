"""Fitting: sizes and crops by arithmetic alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.adapters.codec.images.fitting import Box, Size, contains, fitted, sides
from catalight.domain.image.rendition import MAX_SIDE, Fit, Rendition

lengths = st.integers(1, MAX_SIDE)
sizes = st.tuples(lengths, lengths)


@st.composite
def regions(draw: st.DrawFn) -> Box:
    """A part of an image, in whole pixels."""
    width, height = draw(sizes)
    left, top = draw(st.integers(0, 5_000)), draw(st.integers(0, 5_000))
    return left, top, left + width, top + height


@given(regions(), st.none() | lengths, st.none() | lengths)
def test_inside_shows_all_within_the_maximum(region: Box, width: int | None, height: int | None) -> None:
    found = fitted(region, Rendition(max_width=width, max_height=height))
    assert (found.region, found.size) == (region, found.content)
    assert_scaled(found.content, sides(region), (width or MAX_SIDE, height or MAX_SIDE))


@given(regions(), sizes)
def test_pad_shows_all_in_exactly_the_size(region: Box, size: Size) -> None:
    found = fitted(region, Rendition(width=size[0], height=size[1], fit=Fit.PAD))
    assert (found.region, found.size) == (region, size)
    assert_scaled(found.content, sides(region), size)


def assert_scaled(content: Size, whole: tuple[float, float], limit: Size) -> None:
    """The content has the aspect ratio of the whole, and one side that cannot be longer."""
    scale = min(1, limit[0] / whole[0], limit[1] / whole[1])
    for side, full in zip(content, whole, strict=True):
        assert side == max(1, round(side))
        assert abs(side - full * scale) <= max(0.5, 1 - full * scale)
    assert content[0] <= min(whole[0], limit[0])
    assert content[1] <= min(whole[1], limit[1])


@given(regions(), sizes)
def test_cover_crops_the_middle_to_the_aspect_ratio(region: Box, size: Size) -> None:
    found = fitted(region, Rendition(width=size[0], height=size[1], fit=Fit.COVER))
    whole, part = sides(region), sides(found.region)
    assert contains(region, found.region)
    assert found.size == found.content
    assert all(side <= limit for side, limit in zip(found.size, size, strict=True))
    assert all(side <= length + 1e-6 for side, length in zip(found.size, part, strict=True))
    before = found.region[0] - region[0], found.region[1] - region[1]
    after = region[2] - found.region[2], region[3] - found.region[3]
    assert all(abs(one - other) <= 1 + 1e-6 for one, other in zip(before, after, strict=True))
    if whole[0] > size[0] and whole[1] > size[1]:
        assert found.size == size
        assert part[0] * size[1] == pytest.approx(part[1] * size[0])
        assert min(whole[0] - part[0], whole[1] - part[1]) == pytest.approx(0, abs=1e-6)
    else:  # it is not enlarged, so whole pixels are cropped
        assert part == found.size
        assert min(whole[0] - part[0], whole[1] - part[1]) == 0


@pytest.mark.parametrize(
    ("fit", "source", "size", "region", "content"),
    [
        (Fit.PAD, (400, 200), (100, 100), (0, 0, 400, 200), (100, 50)),
        (Fit.PAD, (40, 20), (100, 100), (0, 0, 40, 20), (40, 20)),
        (Fit.COVER, (400, 200), (100, 100), (100, 0, 300, 200), (100, 100)),
        (Fit.COVER, (400, 200), (300, 300), (100, 0, 300, 200), (200, 200)),
        (Fit.COVER, (400, 201), (100, 50), (0, 0.5, 400, 200.5), (100, 50)),
        (Fit.COVER, (10, 9000), (MAX_SIDE, 1), (0, 4499, 10, 4500), (10, 1)),
    ],
)
def test_fits(fit: Fit, source: Size, size: Size, region: Box, content: Size) -> None:
    found = fitted((0, 0, *source), Rendition(width=size[0], height=size[1], fit=fit))
    assert (found.region, found.content) == (region, content)
