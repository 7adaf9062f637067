"""A JPEG that lacks only its end marker is whole; one that lacks coded data is corrupt, even with one."""

import random
import sys
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from catalight.adapters.codec.compress import compress
from catalight.adapters.codec.jpeg.complete import is_complete
from catalight.domain.errors import ImageErrorCode as Code
from catalight.domain.image.formats import Target
from catalight.domain.image.rendition import Rendition
from tests.corpora.samples import encode
from tests.unit.adapters.codec.coding import PNG, refused
from tests.unit.adapters.codec.jpeg.comparing import drawn

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the library is made for Linux alone")

EOI = b"\xff\xd9"
KINDS = {
    "baseline": {},
    "optimised": {"optimize": True},
    "progressive": {"progressive": True},
    "4:4:4": {"subsampling": "4:4:4"},
    "restarts": {"restart_marker_blocks": 3},
    "progressive restarts": {"progressive": True, "restart_marker_rows": 1},
}
WAYS = [
    Rendition(),
    Rendition(format=Target.KEEP, quality=100),
    Rendition(format=Target.WEBP),
    PNG,
    Rendition(max_width=20),
]

sizes = st.tuples(st.integers(1, 60), st.integers(1, 60))


def noise(size: tuple[int, int], mode: str, source: random.Random) -> Image.Image:
    channels = {"L": 1, "RGB": 3, "CMYK": 4}[mode]
    return Image.frombytes(mode, size, source.randbytes(channels * size[0] * size[1]))


def scans(data: bytes) -> Iterator[tuple[int, int]]:
    """Where the coded data of each scan begin and end."""
    at = 0
    while (at := data.find(b"\xff\xda", at)) >= 0:
        start = end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        while data[end] != 0xFF or data[end + 1] in (0, *range(0xD0, 0xD8)):
            end += 1
        yield start, end
        at = end


def cut(data: bytes, at: int) -> bytes:
    """The JPEG up to an offset, with an end marker."""
    return data[:at].rstrip(b"\xff") + EOI


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@given(sizes, st.integers(5, 98), st.randoms(use_true_random=False), st.data())
@settings(max_examples=40)
def test_every_missing_byte_is_found(
    mode: str,
    kind: dict[str, object],
    size: tuple[int, int],
    quality: int,
    source: random.Random,
    data: st.DataObject,
) -> None:
    kind = {name: value for name, value in kind.items() if mode == "RGB" or name != "subsampling"}
    whole = encode(noise(size, mode, source), "JPEG", quality=quality, **kind)
    assert is_complete(whole, ended=True)
    assert is_complete(whole, ended=False)
    start, end = data.draw(st.sampled_from([*scans(whole)]))
    at = data.draw(st.integers(start, end - 1))
    assert is_complete(cut(whole, at), ended=True) is False


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_jpeg_without_its_end_marker_is_whole(mode: str, kind: dict[str, object]) -> None:
    kind = {name: value for name, value in kind.items() if mode == "RGB" or name != "subsampling"}
    whole = encode(drawn().convert(mode), "JPEG", quality=90, **kind)
    for options in WAYS:
        expected = compress(whole, options).data
        assert compress(whole[:-2], options).data == expected
        assert compress(whole[:-1], options).data == expected
        assert compress(whole + b"junk", options).data == expected
    assert compress(whole[:-2] + bytes(9), PNG).data == compress(whole, PNG).data


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("share", [0.3, 0.5, 0.7, 0.97])
def test_part_of_a_jpeg_is_corrupt(mode: str, kind: dict[str, object], share: float) -> None:
    kind = {name: value for name, value in kind.items() if mode == "RGB" or name != "subsampling"}
    whole = encode(drawn().convert(mode), "JPEG", quality=90, **kind)
    (start, _), *_ = scans(whole)
    at = start + int((len(whole) - start) * share)
    for data in (whole[:at], cut(whole, at)):
        for options in WAYS:
            assert refused(data, options).code is Code.CORRUPT_IMAGE


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("size", [(1200, 900), (1201, 901)])
def test_part_of_a_large_jpeg_is_corrupt(size: tuple[int, int], subsampling: str) -> None:
    """Also where only the last pixel is looked at first, whatever the colours before it are."""
    red_green = Image.effect_noise(size, 90).point(lambda level: 255 * (level > 128))
    image = Image.merge(
        "RGB", (red_green, red_green.transpose(Image.Transpose.ROTATE_180), Image.new("L", size))
    )
    whole = encode(image, "JPEG", quality=95, subsampling=subsampling)
    (start, end), *_ = scans(whole)
    assert end - start > 200_000
    for lost in (2_000, 20_000, (end - start) // 2):  # more than an MCU
        for options in WAYS[1:]:
            assert refused(cut(whole, end - lost), options).code is Code.CORRUPT_IMAGE
    for options in WAYS:
        assert compress(whole, options).source.width == size[0]


def restarts(data: bytes) -> list[int]:
    return [at for at in range(len(data)) if data[at] == 0xFF and data[at + 1] in range(0xD0, 0xD8)]


def test_missing_restart_markers_and_segments_are_found() -> None:
    whole = encode(drawn(), "JPEG", quality=90, restart_marker_blocks=4)
    found = restarts(whole)
    for options in WAYS:
        without_marker = whole[: found[9]] + whole[found[9] + 2 :]
        without_segment = whole[: found[9]] + whole[found[10] :]
        short_segment = whole[: found[10] - 9].rstrip(b"\xff") + whole[found[10] :]
        for data in (without_marker, without_segment, short_segment):
            assert refused(data, options).code is Code.CORRUPT_IMAGE


def test_scans_that_were_never_written_are_not_missed() -> None:
    """T.81 allows a progressive JPEG without all bits of its AC coefficients; but it must have an end."""
    whole = encode(drawn(), "JPEG", quality=90, progressive=True)
    *_, (_, end), _ = scans(whole)
    assert compress(whole[:end] + EOI, PNG).width == 320
    assert refused(whole[:end]).code is Code.CORRUPT_IMAGE
    (_, end), *_ = scans(whole)
    assert compress(whole[:end] + EOI, PNG).width == 320
    without_colour = encode(drawn().convert("L"), "JPEG", progressive=True)
    start = without_colour.index(b"\xff\xda")
    assert refused(without_colour[:start] + EOI).code is Code.CORRUPT_IMAGE


def test_what_cannot_be_checked_needs_its_own_end() -> None:
    arithmetic = bytearray(encode(drawn(), "JPEG"))
    arithmetic[arithmetic.index(b"\xff\xc0") + 1] = 0xC9
    assert is_complete(bytes(arithmetic), ended=True) is None
    assert refused(bytes(arithmetic[:-2])).code is Code.CORRUPT_IMAGE


@given(
    st.sampled_from([*KINDS.values()]),
    st.lists(st.tuples(st.integers(2, 4000), st.binary(max_size=4)), max_size=5),
)
@settings(max_examples=500)
def test_any_bytes_can_be_checked(kind: dict[str, object], changes: list[tuple[int, bytes]]) -> None:
    data = bytearray(encode(drawn(64, 48), "JPEG", quality=90, **kind))
    for at, value in changes:
        data[at : at + len(value)] = value
    assert is_complete(bytes(data), ended=True) in (True, False, None)


def test_the_check_takes_little_time() -> None:
    data = encode(Image.effect_noise((3000, 2000), 60), "JPEG", quality=90, progressive=True)
    began = time.process_time()
    assert is_complete(data, ended=True)
    assert time.process_time() - began < 1


def test_a_small_file_that_claims_a_huge_image_takes_no_time() -> None:
    """The check stops where the data do: it must not count bits for billions of blocks."""
    data = encode(drawn(64, 48), "JPEG")
    sides = data.index(b"\xff\xc0") + 5
    huge = data[:sides] + b"\xff\xff\xff\xff" + data[sides + 4 :]
    began = time.process_time()
    assert is_complete(huge) is False
    assert time.process_time() - began < 0.1
