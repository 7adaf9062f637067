"""Parts of a source, whatever its orientation and the scale at which it was decoded."""

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from catalight.adapters.codec.images import geometry
from catalight.adapters.codec.images.fitting import Box
from catalight.adapters.codec.images.geometry import View
from catalight.domain.image.rendition import Fit, Rendition

WIDTH, HEIGHT = 24, 15  # upright
orientations = st.integers(1, 8)


def upright() -> Image.Image:
    """An image whose pixels are all different."""
    return Image.frombytes("L", (WIDTH, HEIGHT), bytes(n % 251 for n in range(WIDTH * HEIGHT)))


def stored(orientation: int) -> tuple[Image.Image, View]:
    """The image as it is stored with an orientation."""
    undo = {6: 8, 8: 6}.get(orientation, orientation)
    image = upright()
    if undo != geometry.UPRIGHT:
        image = image.transpose(geometry._TRANSPOSES[undo])
    return image, View(orientation, (WIDTH, HEIGHT), (0, 0, WIDTH, HEIGHT), image.size)


@st.composite
def boxes(draw: st.DrawFn) -> tuple[int, int, int, int]:
    left, top = draw(st.integers(0, WIDTH - 1)), draw(st.integers(0, HEIGHT - 1))
    return left, top, draw(st.integers(left + 1, WIDTH)), draw(st.integers(top + 1, HEIGHT))


@given(orientations, boxes())
def test_a_part_is_drawn_upright(orientation: int, box: tuple[int, int, int, int]) -> None:
    image, view = stored(orientation)
    layout = geometry.layout(orientation, (WIDTH, HEIGHT), Rendition(), box)
    assert geometry.drawn(image, view, layout).tobytes() == upright().crop(box).tobytes()


@given(orientations, boxes())
def test_a_box_of_the_frames_is_found_again(orientation: int, box: tuple[int, int, int, int]) -> None:
    _, view = stored(orientation)
    left, top, right, bottom = view.place(box)
    assert view.region_of((round(left), round(top), round(right), round(bottom))) == box


@given(orientations, boxes(), st.sampled_from([1, 2, 4, 8]))
def test_what_a_reduced_scale_finds_is_never_less(
    orientation: int, box: tuple[int, int, int, int], scale: int
) -> None:
    """Here the border is looked for: pixels that the image shares with it belong to the image."""
    width, height = geometry.swapped((WIDTH, HEIGHT), orientation)
    size = -(-width // scale), -(-height // scale)
    whole: Box = (0, 0, WIDTH, HEIGHT)
    view = View(orientation, (WIDTH, HEIGHT), whole, size, (0, 0, width / scale, height / scale))
    left, top, right, bottom = view.place(box)
    seen = int(left), int(top), -int(-right // 1), -int(-bottom // 1)
    found = view.region_of(seen)
    assert found[0] <= box[0] < found[0] + scale + 1
    assert found[1] <= box[1] < found[1] + scale + 1
    assert found[2] - scale - 1 < box[2] <= found[2]
    assert found[3] - scale - 1 < box[3] <= found[3]


@given(
    orientations,
    st.tuples(st.integers(1, 60), st.integers(1, 60)),
    st.sampled_from([Fit.PAD, Fit.COVER]),
    boxes(),
)
def test_what_is_needed_is_enough(
    orientation: int, size: tuple[int, int], fit: Fit, box: tuple[int, int, int, int]
) -> None:
    """At the scale that an output needs, its part of the source is not smaller than the output."""
    rendition = Rendition(width=size[0], height=size[1], fit=fit)
    layout = geometry.layout(orientation, (WIDTH, HEIGHT), rendition, box)
    view = View(orientation, (WIDTH, HEIGHT), (0, 0, WIDTH, HEIGHT), layout.needed)
    left, top, right, bottom = view.place(layout.region)
    width, height = geometry.swapped(layout.content, orientation)
    assert right - left >= width - 1e-6
    assert bottom - top >= height - 1e-6
