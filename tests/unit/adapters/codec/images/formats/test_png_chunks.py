"""PNG: no ancillary chunk costs the image, whatever it holds, and an image that lacks rows is corrupt."""

import struct
import time
import zlib
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from catalight.adapters.codec.compress import compress
from catalight.adapters.codec.images.formats import png_chunks
from catalight.domain.errors import ImageErrorCode as Code
from catalight.domain.image.formats import Target
from catalight.domain.image.rendition import Rendition
from tests.corpora.samples import corner, encode
from tests.unit.adapters.codec.coding import PNG, recoded, refused
from tests.unit.adapters.codec.looking import difference, opened, swapped

SIGNATURE = 8
KEEP = Rendition(format=Target.KEEP)
ANCILLARY = (
    b"iCCP pHYs gAMA cHRM sRGB sBIT cICP bKGD hIST tIME sPLT tEXt zTXt iTXt eXIf acTL fcTL fdAT mDCV prVt"
)


def chunk(kind: bytes, content: bytes, *, checksum: int | None = None) -> bytes:
    found = zlib.crc32(kind + content) if checksum is None else checksum
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", found)


def png(
    width: int, height: int, bits: int, colours: int, data: bytes, *more: bytes, interlaced: int = 0
) -> bytes:
    """A PNG of these image data, before compression, with more chunks before them."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colours, 0, 0, interlaced))
    pixels = chunk(b"IDAT", zlib.compress(data))
    return png_chunks.SIGNATURE + header + b"".join(more) + pixels + chunk(b"IEND", b"")


def chunks(data: bytes) -> list[bytes]:
    at, found = SIGNATURE, []
    while at < len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4])
        found.append(data[at:end])
        at = end
    return found


@cache
def in_pieces() -> bytes:
    """A PNG whose image data are in three chunks."""
    first, pixels, last = chunks(encode(corner()))
    cuts = [8, 20, 40, len(pixels) - 4]
    return (
        png_chunks.SIGNATURE + first + b"".join(chunk(b"IDAT", pixels[a:b]) for a, b in pairwise(cuts)) + last
    )


def with_chunk(new: bytes, place: int) -> bytes:
    """The PNG in pieces with a chunk before the one at this place."""
    parts = chunks(in_pieces())
    return png_chunks.SIGNATURE + b"".join([*parts[:place], new, *parts[place:]])


def corner_of(image: Image.Image) -> tuple[int, ...]:
    return tuple(image.convert("RGB").crop((0, 0, 1, 1)).tobytes())


@given(
    kind=st.sampled_from(ANCILLARY.split()),
    content=st.binary(max_size=40) | st.binary(max_size=40).map(lambda text: b"k\0\0" + zlib.compress(text)),
    place=st.integers(1, 5),
    damaged=st.booleans(),
)
@settings(max_examples=400)
def test_no_ancillary_chunk_costs_the_image(kind: bytes, content: bytes, place: int, damaged: bool) -> None:
    """Before, between and after the image data, too short, too long, or with a wrong checksum."""
    data = with_chunk(chunk(kind, content, checksum=1 if damaged else None), place)
    result = recoded(data)
    assert result.size == (40, 20)
    if damaged or place > 1 or kind not in (b"gAMA", b"cHRM", b"cICP"):  # those may change colours
        assert difference(result, corner()) == 0
    assert compress(data, KEEP).format.value == "png"


@pytest.mark.parametrize(("mode", "needed"), [("L", 2), ("RGB", 6)])
@pytest.mark.parametrize("length", [0, 1, 2, 3, 5, 6, 7, 300])
def test_a_transparent_colour_of_the_wrong_length_is_ignored(mode: str, needed: int, length: int) -> None:
    first, *rest = chunks(encode(Image.new(mode, (9, 9), "white")))
    key = chunk(b"tRNS", (b"\0\xff" * 300)[:length])
    image = recoded(png_chunks.SIGNATURE + first + key + b"".join(rest))
    assert image.has_transparency_data == (length == needed)


def test_transparency_after_the_pixels_is_ignored() -> None:
    data = with_chunk(chunk(b"tRNS", b"\0\xff" * 3), 4)
    assert not recoded(data).has_transparency_data


def test_only_the_first_profile_counts() -> None:
    """Many would take as much time as a bomb."""
    good, bad = (chunk(b"iCCP", b"k\0\0" + zlib.compress(profile)) for profile in (swapped(), b"junk"))
    assert corner_of(recoded(with_chunk(good + bad, 1))) == pytest.approx((0, 255, 0), abs=5)
    assert difference(recoded(with_chunk(bad + good, 1)), corner()) == 0


@pytest.mark.parametrize("length", [1_200_000, 1_500_000, 3_900_000])
def test_a_profile_of_up_to_four_megabytes_is_used(length: int) -> None:
    profile = swapped() + bytes(length - len(swapped()))
    assert corner_of(recoded(encode(corner(), icc_profile=profile))) == pytest.approx((0, 255, 0), abs=5)


def bomb(kind: bytes) -> bytes:
    """A text or a profile of 200 MB."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1_000_000)) for _ in range(200)) + packer.flush()
    before = {b"iTXt": b"k\0\1\0\0\0", b"zTXt": b"Raw profile type exif\0\0"}
    return chunk(kind, before.get(kind, b"k\0\0") + packed)


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"iCCP"])
@pytest.mark.parametrize("place", [1, 2, 4])
def test_bombs_in_metadata_are_skipped(kind: bytes, place: int) -> None:
    one = bomb(kind)
    began = time.process_time()
    assert difference(recoded(with_chunk(one * 100, place)), corner()) == 0
    assert time.process_time() - began < 1


def test_many_chunks_take_little_time() -> None:
    began = time.process_time()
    assert difference(recoded(with_chunk(chunk(b"tEXt", b"k\0v") * 300_000, 2)), corner()) == 0
    assert time.process_time() - began < 5


def turned(place: int, **how: bytes) -> bytes:
    """The PNG with an EXIF orientation before the chunk at this place."""
    exif = Image.Exif()
    exif[0x0112] = 6
    found = exif.tobytes().removeprefix(b"Exif\0\0")
    text = b"Raw profile type exif\0\0" + zlib.compress(b"\nexif\n%8d\n" % len(found) + found.hex().encode())
    return with_chunk(chunk(b"zTXt", text) if how else chunk(b"eXIf", found), place)


@pytest.mark.parametrize("place", range(1, 5))
def test_exif_counts_anywhere(place: int) -> None:
    assert recoded(turned(place)).size == (20, 40)


def test_exif_counts_as_imagemagick_wrote_it() -> None:
    assert recoded(turned(1, text=b"")).size == (20, 40)


def test_a_sound_png_is_not_copied() -> None:
    data = encode(corner())
    assert png_chunks.repaired(data) is data


@pytest.mark.parametrize("cut", range(1, 13))
def test_a_png_that_lacks_only_its_end_is_whole(cut: int) -> None:
    data = encode(corner())[:-cut]
    assert difference(recoded(data), corner()) == 0
    assert compress(data, KEEP).data == compress(encode(corner()), KEEP).data


def test_metadata_may_be_cut_off_after_the_pixels() -> None:
    data = with_chunk(chunk(b"tEXt", b"k\0" + bytes(1000)), 4)
    assert difference(recoded(data[:-500]), corner()) == 0


# Missing rows

LAYOUTS = [
    (1, 0),
    (8, 0),
    (16, 0),
    (8, 2),
    (16, 2),
    (4, 3),
    (8, 3),
    (8, 4),
    (8, 6),
    (16, 6),
]  # bits, colour type
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
PALETTE = chunk(b"PLTE", bytes(48))


def rows(bits: int, colours: int, width: int, height: int, value: int) -> bytes:
    length = -(-width * bits * SAMPLES[colours] // 8)
    return (b"\0" + bytes([value]) * length) * height


@given(
    layout=st.sampled_from(LAYOUTS),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    value=st.sampled_from([0, 1, 255]),
    data=st.data(),
)
@settings(max_examples=200)
def test_a_png_that_lacks_rows_is_corrupt(
    layout: tuple[int, int], size: tuple[int, int], value: int, data: st.DataObject
) -> None:
    """Also if its rows would be as black as those that decoders put in their place."""
    whole = rows(*layout, *size, value)
    palette = [PALETTE] if layout[1] == 3 and (layout[0] < 8 or value < 16) else [chunk(b"PLTE", bytes(768))]
    more = palette if layout[1] == 3 else []
    assert compress(png(*size, *layout, whole, *more), PNG).width == size[0]
    cut = data.draw(st.integers(0, len(whole) - 1))
    error = refused(png(*size, *layout, whole[:cut], *more))
    assert error.code is Code.CORRUPT_IMAGE


def passes(width: int, height: int) -> int:
    """The length of the image data of an interlaced grey PNG of 8 bits, pixel by pixel (section 8.1)."""
    order = ("16462646", "77777777", "56565656", "77777777", "36463646", "77777777", "56565656", "77777777")
    found = {(order[y % 8][x % 8], y) for y in range(height) for x in range(width)}
    return len(found) + width * height


@given(st.integers(1, 20), st.integers(1, 20), st.data())
@settings(max_examples=60)
def test_an_interlaced_png_that_lacks_rows_is_corrupt(width: int, height: int, data: st.DataObject) -> None:
    whole = bytes(passes(width, height))
    assert compress(png(width, height, 8, 0, whole, interlaced=1), PNG).width == width
    cut = data.draw(st.integers(0, len(whole) - 1))
    assert refused(png(width, height, 8, 0, whole[:cut], interlaced=1)).code is Code.CORRUPT_IMAGE


def test_a_large_black_png_is_checked_in_little_time() -> None:
    data = encode(Image.new("RGB", (5000, 4000)))
    began = time.process_time()
    assert png_chunks.has_all_rows(data)
    assert time.process_time() - began < 1
    assert opened(data).size == (5000, 4000)


@pytest.mark.parametrize("end", [b"\0\0\0\0IENDabcd", b"\0\0\0\1IENDx\0\0\0\0"], ids=["checksum", "length"])
@pytest.mark.parametrize("target", [Target.PNG, Target.KEEP, Target.AUTO])
def test_a_damaged_end_is_replaced(end: bytes, target: Target) -> None:
    noise = encode(Image.effect_noise((60, 40), 90), "PNG", compress_level=9)
    result = compress(noise[:-12] + end, Rendition(quality=100, format=target))
    assert opened(result.data).size == (60, 40)
