"""The fast path for every kind of JPEG: progressive or not, with any of the usual chroma subsamplings."""

import random
import sys
from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageStat

from catalight.adapters.codec.jpeg.header import Header
from catalight.adapters.codec.jpeg.look import of_pillow
from catalight.adapters.codec.jpeg.requantise import requantised
from tests.corpora.samples import encode
from tests.unit.adapters.codec.jpeg.comparing import assert_as_close, drawn, error, fast_path, ssim
from tests.unit.adapters.codec.looking import opened

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the library is made for Linux alone")

SUBSAMPLINGS = ["4:4:4", "4:2:2", "4:2:0"]
SIZES = [*product((1, 7, 8, 9, 15, 16, 17, 33), (1, 8, 9, 16, 17, 40)), (320, 240)]

sides = st.integers(1, 70)


def sampling(data: bytes) -> list[tuple[int, int]]:
    """Blocks per MCU of each component, luma first: across and down."""
    header = Header(data)
    header.scan(2)
    return [(component.across, component.down) for component in header.components]


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
@pytest.mark.parametrize(("had", "asked"), [(75, 50), (92, 50), (92, 80), (98, 25)])
def test_output_is_nearly_as_close_to_the_source_as_pillows_and_smaller(
    subsampling: str, progressive: bool, had: int, asked: int
) -> None:
    kind = {"subsampling": subsampling, "progressive": progressive}
    source = encode(drawn(), "JPEG", quality=had, **kind)
    fast, slow = fast_path(source, asked), encode(opened(source), "JPEG", quality=asked, optimize=True)
    assert sampling(fast) == [(2, 2), (1, 1), (1, 1)]
    assert ssim(opened(source), opened(fast)) >= ssim(opened(source), opened(slow)) - (
        0.03 if asked < 50 else 0.02
    )
    assert_as_close(source, fast, slow, 1.2, 0.5)
    assert len(fast) <= 0.95 * len(slow)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
def test_a_progressive_image_gives_the_same_output_as_a_baseline_one(
    subsampling: str, size: tuple[int, int]
) -> None:
    image = drawn().crop((40, 40, 40 + size[0], 40 + size[1]))
    kind = {"quality": 95, "subsampling": subsampling}
    assert fast_path(encode(image, "JPEG", progressive=True, **kind)) == fast_path(
        encode(image, "JPEG", **kind)
    )


def cut(data: bytes, width: int, height: int) -> bytes:
    """The same blocks, of which fewer samples are visible."""
    frame = max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2")) + 5
    return data[:frame] + height.to_bytes(2) + width.to_bytes(2) + data[frame + 4 :]


@pytest.mark.parametrize("beyond", [(1, 0), (0, 3), (4, 6), (7, 7)])
@pytest.mark.parametrize("subsampling", [*SUBSAMPLINGS, None])
def test_foreign_edges_are_extended_in_progressive_and_baseline_images_alike(
    subsampling: str | None, beyond: tuple[int, int]
) -> None:
    width, height = 96 - beyond[0], 80 - beyond[1]
    image = drawn().crop((40, 40, 136, 120)).convert("RGB" if subsampling else "L")
    image.paste("black", (width, 0, 96, 80))
    image.paste("black", (0, height, 96, 80))
    kind = {"quality": 92} | ({"subsampling": subsampling} if subsampling else {})
    whole = [encode(image, "JPEG", progressive=flag, **kind) for flag in (False, True)]
    plain, progressive = (fast_path(cut(data, width, height)) for data in whole)
    assert plain == progressive
    assert len(plain) < len(fast_path(whole[0]))


@given(
    sides,
    sides,
    st.integers(30, 100),
    st.integers(1, 29),
    st.sampled_from([*SUBSAMPLINGS, None]),
    st.randoms(),
)
@settings(max_examples=150)
def test_progressive_noise_gives_the_same_output_as_baseline_noise(
    width: int, height: int, had: int, asked: int, subsampling: str | None, noise: random.Random
) -> None:
    """Noise produces every code length and run length, in each scan."""
    mode = "RGB" if subsampling else "L"
    image = Image.frombytes(mode, (width, height), noise.randbytes(len(mode) * width * height))
    kind = {"quality": had} | ({"subsampling": subsampling} if subsampling else {})
    plain, progressive = (encode(image, "JPEG", progressive=flag, **kind) for flag in (False, True))
    assert fast_path(progressive, asked) == fast_path(plain, asked)
    assert opened(fast_path(plain, asked)).size == (width, height)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
def test_a_flat_image_stays_flat_up_to_its_edges(subsampling: str, size: tuple[int, int]) -> None:
    source = encode(Image.new("RGB", size, (200, 60, 90)), "JPEG", quality=98, subsampling=subsampling)
    fast, slow = fast_path(source), encode(opened(source), "JPEG", quality=50)
    assert all(low == high for low, high in ImageStat.Stat(opened(fast)).extrema)
    assert (
        error(opened(source).tobytes(), opened(fast).tobytes())
        <= error(opened(source).tobytes(), opened(slow).tobytes()) + 1.5
    )


@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
def test_each_corner_keeps_its_colour(subsampling: str) -> None:
    """Red on the left, blue on the right, green below: each corner keeps its colour."""
    image = Image.new("RGB", (48, 48), (255, 0, 0))
    image.paste((0, 0, 255), (24, 0, 48, 24))
    image.paste((0, 255, 0), (0, 24, 48, 48))
    made = opened(fast_path(encode(image, "JPEG", quality=98, subsampling=subsampling), 90))
    for place in ((4, 4), (43, 4), (4, 43), (43, 43)):
        colour, expected = (one.crop((*place, place[0] + 1, place[1] + 1)).tobytes() for one in (made, image))
        assert max(abs(a - b) for a, b in zip(colour, expected, strict=True)) < 20, place


@pytest.mark.parametrize("side", [1, 7, 9, 17, 23, 25, 31])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2"])
def test_padding_beyond_the_image_has_no_effect(subsampling: str, side: int) -> None:
    """Chroma is downsampled as if the last column and row were repeated, whatever the padding contains."""
    size = side if subsampling == "4:4:4" else 32, side
    image = Image.new("RGB", (32, -(-side // 8) * 8), (255, 176, 186))
    image.paste((200, 200, 200), (0, 0, *size))
    image = image.crop((0, 0, -(-size[0] // 8) * 8, image.height))
    whole = encode(image, "JPEG", quality=98, subsampling=subsampling)
    sides = whole.index(b"\xff\xc0") + 5
    source = whole[:sides] + size[1].to_bytes(2) + size[0].to_bytes(2) + whole[sides + 4 :]
    assert opened(source).size == size
    assert max(abs(value - 200) for value in opened(fast_path(source, 90)).tobytes()) < 9


def test_chroma_at_half_of_the_height() -> None:
    """4:4:0, which Pillow does not write: made from a square 4:2:2, whose blocks move elsewhere."""
    source = encode(drawn(64, 64), "JPEG", quality=95, subsampling="4:2:2")
    changed = source.replace(b"\x01\x21\x00", b"\x01\x12\x00", 1)
    assert sampling(changed) == [(1, 2), (1, 1), (1, 1)]
    slow = encode(opened(changed), "JPEG", quality=80)
    assert_as_close(changed, fast_path(changed, 80), slow, 1.2, 0.5)


def parts(data: bytes) -> tuple[bytes, bytes, bytes]:
    """The parts of a grey JPEG: all before its frame header, its Huffman tables, and its coded data."""
    frame, tables, scan = (data.index(marker) for marker in (b"\xff\xc0", b"\xff\xc4", b"\xff\xda"))
    assert frame < tables < scan
    return data[:frame], data[tables:scan], data[scan + 10 : -2]


def in_three_scans(width: int, height: int) -> bytes:
    """A sequential JPEG with one scan per component, each with its own Huffman tables."""
    grey = [
        parts(encode(plane, "JPEG", quality=95, optimize=True))
        for plane in drawn(width, height).convert("YCbCr").split()
    ]
    sizes = b"\x08" + height.to_bytes(2) + width.to_bytes(2) + b"\x03\x01\x11\x00\x02\x11\x00\x03\x11\x00"
    scans = (
        tables + b"\xff\xda\x00\x08\x01" + bytes([number, 0]) + b"\x00\x3f\x00" + coded
        for number, (_, tables, coded) in enumerate(grey, 1)
    )
    return grey[0][0] + b"\xff\xc0\x00\x11" + sizes + b"".join(scans) + b"\xff\xd9"


@pytest.mark.parametrize("size", [(64, 48), (61, 35), (9, 17)])
def test_components_may_be_in_separate_scans(size: tuple[int, int]) -> None:
    source = in_three_scans(*size)
    fast, slow = fast_path(source, 80), encode(opened(source), "JPEG", quality=80)
    assert_as_close(source, fast, slow, 1.3, 2)


def test_chroma_of_more_columns_has_no_fast_path_if_nothing_becomes_coarser() -> None:
    source = encode(drawn(), "JPEG", quality=40, subsampling="4:2:2")
    assert requantised(source, 40) is None
    assert requantised(source, 39) is not None


def scans(data: bytes) -> Iterator[tuple[int, int]]:
    """Where each scan of a progressive JPEG begins and ends, including the tables before it."""
    at = data.index(b"\xff\xc4")
    while (scan := data.find(b"\xff\xda", at)) >= 0:
        end = scan + 2
        while data[end] != 0xFF or data[end + 1] in (0, *range(0xD0, 0xD8)):
            end += 1
        yield at, end
        at = end


def test_a_progressive_image_with_missing_repeated_or_reordered_scans_has_no_fast_path() -> None:
    source = encode(drawn(64, 48), "JPEG", quality=90, progressive=True)
    found = [source[begin:end] for begin, end in scans(source)]
    head = source[: source.index(found[0])]
    assert requantised(head + b"".join(found) + b"\xff\xd9", 50) == fast_path(source)
    for place in range(len(found)):
        without, twice = found[:place] + found[place + 1 :], found[: place + 1] + found[place:]
        assert requantised(head + b"".join(without) + b"\xff\xd9", 50) is None
        assert requantised(head + b"".join(twice) + b"\xff\xd9", 50) is None
    assert requantised(head + b"".join(reversed(found)) + b"\xff\xd9", 50) is None


def test_a_quantisation_table_missing_for_a_later_scan_has_no_fast_path() -> None:
    source = in_three_scans(16, 16)
    assert requantised(source.replace(b"\x03\x11\x00", b"\x03\x11\x02", 1), 50) is None


def test_a_quantisation_table_that_changes_between_scans_has_no_fast_path() -> None:
    source = encode(drawn(64, 48), "JPEG", quality=90, progressive=True)
    (_, end), *_ = scans(source)
    table = b"\xff\xdb\x00\x43\x00" + of_pillow(30)[0]
    assert requantised(source[:end] + table + source[end:], 50) is None


@pytest.mark.parametrize(
    "kind", [{}, {"progressive": True}, {"subsampling": "4:4:4"}, {"restart_marker_blocks": 2}]
)
@given(st.data())
@settings(max_examples=300)
def test_damaged_jpegs_give_a_valid_image_or_none(kind: dict[str, object], data: st.DataObject) -> None:
    """Pillow can decode every output, and no source that Pillow refuses has an output."""
    source = bytearray(encode(drawn(64, 48), "JPEG", quality=90, **kind))
    places = data.draw(st.lists(st.integers(2, len(source) - 1), min_size=1, max_size=3))
    for place in places:
        source[place] = data.draw(st.integers(0, 255))
    orientation = data.draw(st.integers(1, 8))
    result = requantised(bytes(source), 50, orientation=orientation)
    if result is not None:
        width, height = opened(bytes(source)).size
        assert opened(result).size == ((width, height) if orientation < 5 else (height, width))
