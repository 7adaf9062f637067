"""Colour spaces that a file names without an ICC profile. The expected values are what Chromium 156 shows."""

import struct
import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from catalight.adapters.codec.compress import compress
from catalight.adapters.codec.images import decode
from catalight.domain.image.formats import Target
from catalight.domain.image.limits import LIMITS
from catalight.domain.image.rendition import Rendition
from tests.unit.adapters.codec.coding import recoded
from tests.unit.adapters.codec.looking import srgb, swapped

type Colour = tuple[int, ...]

COLOURS: list[Colour] = [(255, 0, 0), (200, 128, 64), (64, 200, 128), (128, 128, 0)]
GREYS: list[Colour] = [(v, v, v) for v in (0, 15, 30, 65, 130, 200, 255)]
P3 = (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
ADOBE = (0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
D50 = (0.3457, 0.3585, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def gama(gamma: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(gamma * 100_000)))


def chrm(chromaticity: tuple[float, ...]) -> bytes:
    return chunk(b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in chromaticity)))


def cicp(primaries: int, transfer: int) -> bytes:
    return chunk(b"cICP", bytes([primaries, transfer, 0, 1]))


def patches(colours: list[Colour], mode: str = "RGB") -> Image.Image:
    """One pixel of each colour."""
    image = Image.new(mode, (len(colours), 1))
    image.putdata(colours if mode != "L" else [colour[0] for colour in colours])
    return image


def png(*chunks: bytes, image: Image.Image | None = None, **settings: object) -> bytes:
    """A PNG with these chunks after its IHDR."""
    file = BytesIO()
    (image or patches(COLOURS)).save(file, "PNG", **settings)
    data = file.getvalue()
    return data[:33] + b"".join(chunks) + data[33:]


def avif(primaries: int, transfer: int, colours: list[Colour]) -> bytes:
    """A nearly lossless AVIF, 8 x 8 pixels of each colour, with these code points in its nclx."""
    file = BytesIO()
    image = patches(colours).resize((8 * len(colours), 8), Image.Resampling.NEAREST)
    image.save(file, "AVIF", quality=100, subsampling="4:4:4")
    at = file.getvalue().index(b"colrnclx") + 8
    data = bytearray(file.getvalue())
    data[at : at + 4] = struct.pack(">HH", primaries, transfer)
    return bytes(data)


def shown(data: bytes, step: int = 1) -> list[Colour]:
    """The colours that an image decodes to, in sRGB; every `step`-th pixel of its first row."""
    source = decode.opened(data, LIMITS)
    image = decode.pixels(source, source.stored, LIMITS, moving=False).image.still.convert("RGB")
    return [image.getpixel((x, 0)) for x in range(step // 2, image.width, step)]  # type: ignore[misc]


def assert_close(found: list[Colour], expected: list[Colour], tolerance: int = 1) -> None:
    worst = max(
        abs(a - b)
        for one, other in zip(found, expected, strict=True)
        for a, b in zip(one, other, strict=True)
    )
    assert worst <= tolerance, f"{found} instead of {expected}"


COLOURS_SHOWN: dict[str, tuple[list[bytes], list[Colour]]] = {
    "cICP: Display P3": ([cicp(12, 13)], [(255, 0, 0), (212, 124, 47), (0, 203, 121), (128, 128, 0)]),
    "cICP: BT.2020": ([cicp(9, 14)], [(255, 0, 0), (233, 107, 27), (0, 207, 110), (125, 121, 0)]),
    "cICP: BT.709": ([cicp(1, 1)], [(255, 0, 0), (197, 121, 54), (54, 197, 121), (121, 121, 0)]),
    "cICP: BT.601": ([cicp(6, 6)], [(248, 36, 0), (193, 122, 52), (72, 195, 121), (120, 120, 0)]),
    "cICP: SMPTE 240": ([cicp(7, 7)], [(248, 36, 0), (203, 142, 81), (94, 204, 141), (140, 140, 0)]),
    "cICP: gamma 2.2": ([cicp(1, 4)], [(255, 0, 0), (201, 129, 62), (62, 201, 129), (129, 129, 0)]),
    "cICP: gamma 2.8": ([cicp(5, 5)], [(255, 0, 0), (191, 106, 41), (0, 189, 108), (106, 106, 6)]),
    "cICP: linear": ([cicp(1, 8)], [(255, 0, 0), (229, 188, 137), (137, 229, 188), (188, 188, 0)]),
    "cICP before gAMA": (
        [gama(1.0), cicp(12, 13)],
        [(255, 0, 0), (212, 124, 47), (0, 203, 121), (128, 128, 0)],
    ),
    "gAMA 1/1.8": ([gama(1 / 1.8)], [(255, 0, 0), (210, 146, 81), (81, 210, 146), (146, 146, 0)]),
    "gAMA 1": ([gama(1)], [(255, 0, 0), (229, 188, 137), (137, 229, 188), (188, 188, 0)]),
    "gAMA and cHRM: Adobe": (
        [gama(1 / 2.2), chrm(ADOBE)],
        [(255, 0, 0), (222, 129, 57), (0, 201, 125), (129, 129, 0)],
    ),
    "gAMA and cHRM: P3": (
        [gama(1 / 2.2), chrm(P3)],
        [(255, 0, 0), (213, 125, 43), (0, 205, 122), (129, 129, 0)],
    ),
    "gAMA and cHRM: D50": (
        [gama(1 / 1.8), chrm(D50)],
        [(255, 16, 25), (216, 147, 87), (47, 210, 148), (147, 147, 27)],
    ),
    # What is sRGB, or says too little, is shown as it is.
    "cICP: sRGB": ([cicp(1, 13)], COLOURS),
    "cICP: unspecified": ([cicp(2, 2)], COLOURS),
    "gAMA 1/2.2": ([gama(0.45455)], COLOURS),
    "cHRM": ([chrm(P3)], COLOURS),
    "sRGB before gAMA": ([chunk(b"sRGB", b"\0"), gama(1)], COLOURS),
    # What is not valid is ignored.
    "cICP: unknown": ([cicp(200, 200)], COLOURS),
    "cICP: YCbCr": ([chunk(b"cICP", bytes([12, 13, 1, 1]))], COLOURS),
    "cICP: short": ([chunk(b"cICP", bytes([12, 13]))], COLOURS),
    "gAMA 0": ([gama(0)], COLOURS),
    "cHRM: one point": ([gama(1), chrm((0.3,) * 8)], COLOURS),
    "cHRM: without luminance": ([gama(1), chrm((0.3, 0.0) * 4)], COLOURS),
}


@pytest.mark.parametrize("name", COLOURS_SHOWN)
def test_a_png_is_shown_as_browsers_show_it(name: str) -> None:
    chunks, expected = COLOURS_SHOWN[name]
    assert_close(shown(png(*chunks)), expected)


@pytest.mark.parametrize(
    ("code_points", "expected"),
    [
        ((12, 13), [(255, 0, 0), (212, 124, 45), (0, 204, 118), (128, 129, 0)]),
        ((9, 14), [(255, 0, 0), (235, 115, 42), (0, 211, 116), (132, 130, 0)]),
        ((6, 6), [(248, 36, 0), (196, 129, 62), (78, 199, 126), (127, 128, 0)]),
        ((1, 8), [(255, 0, 13), (229, 188, 136), (135, 230, 187), (188, 189, 13)]),
        ((1, 1), [(255, 0, 1), (200, 128, 63), (64, 200, 127), (128, 129, 1)]),
        ((2, 2), [(255, 0, 1), (200, 128, 63), (64, 200, 127), (128, 129, 1)]),
    ],
)
def test_an_avif_is_shown_as_browsers_show_it(code_points: tuple[int, int], expected: list[Colour]) -> None:
    assert_close(shown(avif(*code_points, COLOURS), step=8), expected, tolerance=3)


@pytest.mark.parametrize(
    ("transfer", "expected"),
    [(16, [0, 1, 4, 31, 137, 255, 255]), (18, [0, 2, 13, 44, 101, 202, 255])],
    ids=["PQ", "HLG"],
)
def test_hdr_is_clipped_near_where_browsers_clip_it(transfer: int, expected: list[int]) -> None:
    greys: list[Colour] = [(v, v, v) for v in expected]
    assert_close(shown(png(cicp(9, transfer), image=patches(GREYS))), greys, tolerance=4)
    assert_close(shown(avif(9, transfer, GREYS), step=8), greys, tolerance=5)


@pytest.mark.parametrize("mode", ["L", "LA", "1", "I;16"])
def test_greys_are_converted_too(mode: str) -> None:
    image = patches(GREYS, "L").convert(mode if mode != "I;16" else "I")
    if mode == "I;16":
        image = image.point(lambda value: value * 257).convert("I;16")
    found = [colour[0] for colour in shown(png(gama(1.0), image=image))]
    expected = [0, 255] if mode == "1" else [0, 69, 96, 138, 189, 229, 255]
    assert (
        set(found) == set(expected) if mode == "1" else max(map(abs, map(int.__sub__, found, expected))) <= 1
    )


def test_palettes_are_converted_and_alpha_stays() -> None:
    image = patches(COLOURS).quantize(4)
    assert_close(shown(png(gama(1.0), image=image)), COLOURS_SHOWN["gAMA 1"][1])
    translucent = patches(COLOURS).convert("RGBA")
    translucent.putalpha(100)
    result = recoded(png(gama(1.0), image=translucent), Rendition(format=Target.PNG, max_width=3))
    assert result.getchannel("A").getextrema() == (100, 100)


def test_an_icc_profile_counts_before_gamma_and_after_cicp() -> None:
    assert_close(shown(png(gama(1.0), icc_profile=srgb())), COLOURS)
    assert_close(shown(png(cicp(12, 13), icc_profile=srgb())), COLOURS_SHOWN["cICP: Display P3"][1])


def test_a_kept_png_still_names_its_colour_space() -> None:
    noise = Image.effect_noise((64, 64), 20)
    result = compress(png(gama(1 / 1.8), image=noise, compress_level=9), Rendition(format=Target.PNG))
    assert result.kept
    assert gama(1 / 1.8) in result.data


def test_an_output_names_no_colour_space() -> None:
    output = compress(png(cicp(12, 13)), Rendition(format=Target.PNG, max_width=3)).data
    assert not any(kind in output for kind in (b"cICP", b"gAMA", b"cHRM", b"iCCP"))


@given(st.lists(st.tuples(st.sampled_from([b"cICP", b"gAMA", b"cHRM", b"sRGB"]), st.binary(max_size=40))))
def test_whatever_the_chunks_hold_the_image_is_decoded(chunks: list[tuple[bytes, bytes]]) -> None:
    padded = [chunk(kind, content.ljust({b"gAMA": 4, b"cHRM": 32, b"sRGB": 1}.get(kind, 0), b"\1"))
              for kind, content in chunks]  # fmt: skip
    assert len(shown(png(*padded))) == len(COLOURS)


def test_a_cicp_that_names_srgb_counts_before_a_profile() -> None:
    assert_close(shown(png(cicp(1, 13), icc_profile=swapped())), COLOURS)


@pytest.mark.parametrize("damaged", [chunk(b"gAMA", b"\0"), chunk(b"sRGB", b"\x07"), gama(1)[:-1] + b"\0"])
def test_a_damaged_chunk_does_not_hide_a_sound_one(damaged: bytes) -> None:
    assert_close(shown(png(damaged, gama(1))), COLOURS_SHOWN["gAMA 1"][1])


def test_a_profile_that_cannot_be_used_does_not_hide_gamma() -> None:
    assert_close(shown(png(gama(1), icc_profile=b"junk" * 50)), COLOURS_SHOWN["gAMA 1"][1])
