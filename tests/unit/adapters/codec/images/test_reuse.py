"""Which outputs are made from larger ones."""

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from catalight.adapters.codec.images import decode, reuse
from catalight.adapters.codec.images import wish as wishing
from catalight.adapters.codec.images.fitting import contains, sides
from catalight.adapters.codec.images.wish import Wish
from catalight.domain.image.formats import Target
from catalight.domain.image.limits import LIMITS
from catalight.domain.image.rendition import Fit, Rendition
from tests.corpora.samples import encode

SOURCE = decode.opened(encode(Image.new("RGB", (3000, 2000)), "JPEG"), LIMITS)
LARGE = decode.opened(encode(Image.new("L", (8000, 6000)), "JPEG"), LIMITS)


def planned(*renditions: Rendition, source: decode.Source = SOURCE) -> list[int | None]:
    return reuse.sources([wishing.wish(n, each, source) for n, each in enumerate(renditions)], 1)


def inside(side: int, target: Target = Target.JPEG) -> Rendition:
    return Rendition(format=target, max_width=side, max_height=side)


def cover(width: int, height: int) -> Rendition:
    return Rendition(width=width, height=height, fit=Fit.COVER)


def test_an_output_serves_those_of_at_most_half_its_size() -> None:
    assert planned(inside(2000), inside(1001), inside(1000), inside(500)) == [None, None, 0, 2]
    assert planned(inside(2000), inside(1000), inside(400), inside(100)) == [None, 0, 1, 2]


def test_what_was_cut_off_is_taken_from_the_source() -> None:
    assert planned(cover(1000, 1000), inside(300), cover(300, 300)) == [None, None, 0]


def test_a_large_output_is_not_held() -> None:
    assert planned(inside(7000), inside(3000), source=LARGE) == [None, None]


sizes = st.integers(1, 3000)
renditions = st.builds(inside, sizes) | st.builds(cover, sizes, sizes)


@given(st.lists(renditions, min_size=1, max_size=8))
def test_at_most_one_output_is_held_and_it_shows_enough(wanted: list[Rendition]) -> None:
    wishes = [wishing.wish(n, each, SOURCE) for n, each in enumerate(wanted)]
    wishes.sort(key=lambda wish: wish.layout.content[0] * wish.layout.content[1], reverse=True)
    found = reuse.sources(wishes, 1)
    held = -1
    for index, source in enumerate(found):
        assert source is None or held <= source < index
        if source is not None:
            held = source
            check(wishes[source], wishes[index])


def check(one: Wish, other: Wish) -> None:
    assert contains(one.layout.region, other.layout.region)
    across, down = reuse.view(one.layout).scale
    width, height = sides(other.layout.region)
    assert width * across >= 2 * other.layout.content[0] - 1
    assert height * down >= 2 * other.layout.content[1] - 1
