"""The fast path for JPEGs: as good and as small as the slow path, and only for usual JPEGs."""

import random
import re
import sys
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from catalight.adapters.codec import compress, native
from catalight.adapters.codec.images import encode as encoding
from catalight.adapters.codec.jpeg import scans
from catalight.adapters.codec.jpeg.header import LONGEST_CODE, Header, UnsupportedJpegError, segment
from catalight.adapters.codec.jpeg.look import of_pillow
from catalight.adapters.codec.jpeg.requantise import has_reached, requantised
from catalight.domain.image.rendition import Rendition
from tests.corpora.samples import encode
from tests.unit.adapters.codec.jpeg.comparing import drawn, error, fast_path, ssim
from tests.unit.adapters.codec.looking import opened

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the library is made for Linux alone")


def test_the_native_library_is_built() -> None:
    assert native.library(), "make native"


@pytest.mark.parametrize("asked", [25, 50, 80])
@pytest.mark.parametrize("had", [75, 85, 92, 98])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_output_is_nearly_as_close_to_the_source_as_pillows_and_smaller(
    mode: str, had: int, asked: int
) -> None:
    source = encode(drawn().convert(mode), "JPEG", quality=had)
    before = opened(source)
    fast, slow = fast_path(source, asked), encode(before, "JPEG", quality=min(had, asked), optimize=True)
    after = opened(fast)
    assert (after.mode, after.size) == (before.mode, before.size)
    assert ssim(before, after) >= ssim(before, opened(slow)) - (0.03 if asked < 50 else 0.025)
    assert len(fast) <= len(slow)


@pytest.mark.parametrize("quality", [20, 50, 80, 95])
def test_only_what_was_made_at_a_quality_has_reached_it(quality: int) -> None:
    output = fast_path(encode(drawn(), "JPEG", quality=98), quality)
    assert has_reached(output, quality)
    assert has_reached(output, quality + 5)
    assert not has_reached(output, quality - 5)
    assert not has_reached(encode(drawn(), "JPEG", quality=quality), quality)


@pytest.mark.parametrize("shade", [255, 0])
@pytest.mark.parametrize("had", range(60, 101))
def test_white_stays_white_and_black_black(had: int, shade: int) -> None:
    """At least as well as on the slow path: rounding twice must not make it grey."""
    source = encode(Image.new("L", (32, 32), shade), "JPEG", quality=had)
    for asked in (10, 25, 50, 75):
        slow = encode(opened(source), "JPEG", quality=min(had, asked))
        from_fast, from_slow = opened(fast_path(source, asked)).tobytes(), opened(slow).tobytes()
        assert error(bytes([shade] * 32 * 32), from_fast) <= error(bytes([shade] * 32 * 32), from_slow)


@given(st.integers(17, 70), st.integers(17, 70), st.integers(1, 100), st.integers(1, 100), st.randoms())
@settings(max_examples=150)
def test_noise_of_any_size_stays_close_to_its_source(
    width: int, height: int, had: int, asked: int, noise: random.Random
) -> None:
    """Noise produces every code length and run length; only quantisation may lose anything."""
    image = Image.frombytes("L", (width, height), noise.randbytes(width * height))
    source = encode(image, "JPEG", quality=had)
    fast, of_pillow = opened(fast_path(source, asked)), opened(encode(image, "JPEG", quality=min(had, asked)))
    assert fast.size == (width, height)
    lost, usual = (
        error(opened(source).tobytes(), fast.tobytes()),
        error(image.tobytes(), of_pillow.tobytes()),
    )
    assert lost <= 2 * usual + 8


def test_what_is_beyond_the_edge_takes_no_bytes() -> None:
    """Some encoders fill the last blocks with black; here the image goes on there."""
    whole = Image.new("RGB", (128, 112), "white")
    whole.paste(drawn(64, 64), (32, 24))
    clean = encode(whole.crop((0, 0, 121, 105)), "JPEG", quality=90)
    whole.paste("black", (121, 0, 128, 112))
    whole.paste("black", (0, 105, 128, 112))
    foreign = encode(whole, "JPEG", quality=90)
    frame = foreign.index(b"\xff\xc0") + 5
    foreign = foreign[:frame] + (105).to_bytes(2) + (121).to_bytes(2) + foreign[frame + 4 :]
    assert len(foreign) > len(clean) + 300
    fast = fast_path(foreign)
    assert len(fast) <= len(fast_path(clean)) + 40
    assert opened(fast).crop((0, 100, 100, 105)).convert("RGB").getextrema() == ((255, 255),) * 3
    assert fast_path(fast) == fast


def test_no_value_grows_beyond_the_range_of_codes_when_an_edge_goes_on() -> None:
    """One column is visible: if it goes on, its values are larger than a baseline JPEG can code."""
    values = ["0000010111" if k in (5, 14, 27) else "1111101000" for k in range(1, 64)]  # -1000, 1000
    coded = "0" + "".join("00" + value for value in values)
    coded += "1" * (-len(coded) % 8)
    data = int(coded, 2).to_bytes(len(coded) // 8).replace(b"\xff", b"\xff\0")
    tables = b"\0" + bytes([1] + [0] * 15) + b"\0" + b"\x10" + bytes([0, 2] + [0] * 14) + b"\x0a\0"
    segments = [(0xDB, b"\0" + b"\1" * 64), (0xC0, b"\x08\0\x08\0\x01\x01\x01\x11\0"), (0xC4, tables)]
    source = b"\xff\xd8" + b"".join(segment(kind, content) for kind, content in segments)
    made = fast_path(source + segment(0xDA, b"\x01\x01\0\0\x3f\0") + data + b"\xff\xd9", 95)
    header, at, sizes = Header(made), 2, set[int]()
    while scan := header.scan(at):
        at = scans.after_coded(made, scan.data_at)
        sizes |= {symbol & 15 for table in header.ac.values() for symbol in table[LONGEST_CODE:]}
    assert max(sizes) <= 10


def test_with_its_own_quantisation_tables_an_image_does_not_change() -> None:
    """Only the Huffman codes change, also if the source's quality is below the requested one."""
    source = encode(drawn(), "JPEG", quality=40)
    for asked in (40, 90):
        result = fast_path(source, asked)
        assert opened(result).tobytes() == opened(source).tobytes()
        assert len(result) < len(source)


def test_long_codes_of_dc_leave_enough_bits_for_ac() -> None:
    """Blocks of noise, black and white by turns: the longest DC codes, and then many short AC codes."""
    for seed in range(12):
        chance = random.Random(seed)
        image = Image.new("L", (96, 96))
        for x, y in product(range(0, 96, 8), repeat=2):
            shade = chance.choice((0, 225))
            noise = bytes(shade + chance.randrange(30) for _ in range(64))
            image.paste(Image.frombytes("L", (8, 8), noise), (x, y))
        source = encode(image, "JPEG", quality=100)
        assert opened(fast_path(source, 100)).tobytes() == opened(source).tobytes()


@pytest.mark.parametrize("restarts", [{"restart_marker_blocks": 3}, {"restart_marker_rows": 1}])
def test_restarts_make_no_difference(restarts: dict[str, int]) -> None:
    plain, marked = (encode(drawn(), "JPEG", quality=90, **extra) for extra in ({}, restarts))
    assert len(marked) > len(plain)
    assert fast_path(marked) == fast_path(plain)


def test_output_is_deterministic() -> None:
    source = encode(drawn(), "JPEG", quality=90)
    assert fast_path(source) == fast_path(source)


def test_metadata_is_dropped() -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRET maker"
    source = encode(drawn(), "JPEG", quality=90, exif=exif, comment=b"SECRET comment", icc_profile=b"SECRET")
    assert b"SECRET" not in fast_path(source)


@pytest.mark.parametrize("quality", range(1, 101))
def test_quantisation_tables_are_the_same_as_pillows(quality: int) -> None:
    header = Header(encode(Image.new("RGB", (8, 8)), "JPEG", quality=quality))
    header.scan(2)
    assert of_pillow(quality) == (header.steps[0], header.steps[1])


def unusual() -> dict[str, bytes]:
    """JPEGs that are left to Pillow, which reads or refuses them."""
    image, usual = drawn(64, 48), encode(drawn(64, 48), "JPEG", quality=90)
    scan = usual.index(b"\xff\xda")
    frame = usual.index(b"\xff\xc0")
    grey = encode(image.convert("L"), "JPEG")
    return {
        "grey in too many blocks": grey.replace(b"\x01\x01\x11\x00", b"\x01\x01\xa2\x00", 1),
        "cmyk": encode(image.convert("CMYK"), "JPEG"),
        "rgb": encode(image, "JPEG", keep_rgb=True),
        "chroma at a quarter": usual.replace(b"\x01\x22\x00", b"\x01\x41\x00", 1),
        "arithmetic": usual[:frame] + b"\xff\xc9" + usual[frame + 2 :],
        "12 bits": usual[: frame + 4] + b"\x0c" + usual[frame + 5 :],
        "too long a frame header": usual[: frame + 3]
        + b"\x14"
        + usual[frame + 4 : frame + 19]
        + bytes(3)
        + usual[frame + 19 :],
        "no height": usual[: frame + 5] + bytes(2) + usual[frame + 7 :],
        "Adobe's RGB": usual[:2] + b"\xff\xee\x00\x0eAdobe\x00\x64" + bytes(5) + usual[2:],
        "cut off": usual[: -len(usual) // 3],
        "no end marker": usual[:-2],
        "a surplus byte": usual[:-2] + b"\x00" + usual[-2:],
        "no scan": usual[:scan],
        "many segments": usual[:2] + b"\xff\xe5\x00\x02" * 1000 + usual[2:],
        "many tables": usual[:2] + b"\xff\xc4\xff\xf2" + (b"\x00\x01" + bytes(16)) * 3640 + usual[2:],
        "not an image": b"not an image",
        "nothing": b"",
    }


@pytest.mark.parametrize("name", unusual())
def test_unusual_jpegs_have_no_fast_path(name: str) -> None:
    assert requantised(unusual()[name], 50) is None


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("kind", [{}, {"progressive": True}, {"subsampling": "4:4:4"}])
def test_coefficients_beyond_the_range_of_pixels_have_no_fast_path(
    kind: dict[str, object], place: int
) -> None:
    """Decoders treat such values differently, and would decode the output differently."""
    image = drawn(64, 48).convert("HSV").point(lambda value: 255 if value > 127 else 0)
    source = encode(Image.merge("HSV", image.split()).convert("RGB"), "JPEG", quality=95, **kind)
    fast_path(source)
    table = [match.end() for match in re.finditer(rb"\xff\xdb\x00\x43[\x00\x01]", source)][place]
    assert requantised(source[:table] + b"\xff" * 64 + source[table + 64 :], 50) is None


def test_a_huffman_code_of_all_ones_has_no_fast_path() -> None:
    """T.81, annex C: the code of all ones is reserved for padding."""
    source = encode(drawn(64, 48), "JPEG", quality=90)
    usual, filled = bytes([0, 1, 5, 1, 1, 1, 1, 1, 1]), bytes([0, 1, 5, 1, 1, 1, 1, 2, 0])
    assert requantised(source.replace(usual, filled), 50) is None


@pytest.mark.parametrize("length", range(0, 700, 7))
def test_a_truncated_header_is_unusual(length: int) -> None:
    data = encode(drawn(), "JPEG")
    cut = data[: min(length, data.index(b"\xff\xda"))]
    with pytest.raises(UnsupportedJpegError):
        Header(cut).scan(2)


def test_the_copyright_is_kept() -> None:
    exif = Image.Exif()
    exif[0x8298], exif[0x010F] = "Müller GmbH".encode("latin-1"), "SECRET maker"
    plain, owned = (encode(drawn(), "JPEG", quality=90, exif=tags) for tags in (Image.Exif(), exif))
    made = compress.compress(owned, Rendition()).data
    assert dict(opened(made).getexif()) == {0x8298: "Müller GmbH"}
    assert made.endswith(fast_path(plain)[20:])  # what follows the JFIF segment


def test_the_codec_uses_the_fast_path_if_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    source = encode(drawn(), "JPEG", quality=90)
    assert compress.compress(source, Rendition()).data == fast_path(source)
    rotated = Image.Exif()
    rotated[0x0112] = 6
    assert compress.compress(encode(drawn(), "JPEG", exif=rotated), Rendition()).width == drawn().height
    assert compress.compress(source, Rendition(max_width=100)).width == 100
    monkeypatch.setattr(native, "library", lambda: None)
    assert compress.compress(source, Rendition()).data == encode(
        opened(source), "JPEG", quality=50, optimize=True
    )


@pytest.mark.parametrize(("budget", "best"), [(320 * 240, True), (320 * 240 - 1, False)])
def test_an_image_over_the_pixel_limit_has_standard_huffman_tables_from_pillow(
    budget: int, best: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "library", lambda: None)
    monkeypatch.setattr(encoding, "OPTIMISED_PIXELS", budget)
    source = encode(drawn(), "PNG")
    assert compress.compress(source, Rendition()).data == encode(drawn(), "JPEG", quality=50, optimize=best)
