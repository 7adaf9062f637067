"""Colours are preserved: outputs are compared with known values."""

import struct

import pytest
from PIL import Image

from catalight.adapters.codec.compress import compress
from catalight.domain.image.formats import Target
from catalight.domain.image.rendition import Rendition
from tests.corpora.samples import encode
from tests.unit.adapters.codec.looking import opened, srgb, swapped

FORMATS = [Target.JPEG, Target.PNG, Target.WEBP, Target.AVIF]
SIZE = (32, 32)
PNG = Rendition(format=Target.PNG)

type Colour = tuple[int, int, int]


def plain(mode: str, colour: object, name: str = "PNG", **settings: object) -> bytes:
    """A file of one colour."""
    image = Image.new("RGB", SIZE, colour) if mode == "P" else Image.new(mode, SIZE, colour)  # type: ignore[arg-type]
    return encode(image.quantize(4) if mode == "P" else image, name, **settings)


def seen(data: bytes, options: Rendition = PNG) -> tuple[int, ...]:
    """The colour in the middle of the output, as a viewer that ignores profiles shows it."""
    result = opened(compress(data, options).data)
    assert "icc_profile" not in result.info
    pixel = result.convert("RGB").getpixel((16, 16))
    assert isinstance(pixel, tuple)
    return pixel


def table_profile(corners: dict[int, tuple[int, int, int]]) -> bytes:
    """A CMYK profile (ICC.1:2001-04, lut8Type) with L*a*b* values for the 16 combinations of full inks.

    `corners` is keyed by the bits CMYK; all other combinations are black.
    """
    black = (0, 128, 128)
    table = b"".join(bytes(corners.get(bits, black)) for bits in range(16))
    curve = bytes(range(256))
    identity = struct.pack(">9i", *(65_536 if at % 4 == 0 else 0 for at in range(9)))
    lut = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + identity + curve * 4 + table + curve * 3
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63_190, 65_536, 54_061)
    text = b"text" + bytes(4) + b"none\0\0\0\0"
    name = b"desc" + bytes(4) + struct.pack(">I", 5) + b"inks\0" + bytes(78)
    parts = {b"A2B0": lut, b"wtpt": white, b"cprt": text, b"desc": name + bytes(-len(name) % 4)}
    at, entries = 132 + 12 * len(parts), b""
    for tag, content in parts.items():
        entries += tag + struct.pack(">II", at, len(content))
        at += len(content)
    head = struct.pack(">I4sI4s4s4s", at, b"lcms", 0x02400000, b"prtr", b"CMYK", b"Lab ")
    head += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + bytes(28)
    head += struct.pack(">3i", 63_190, 65_536, 54_061) + bytes(48)
    return head + struct.pack(">I", len(parts)) + entries + b"".join(parts.values())


@pytest.mark.parametrize("target", FORMATS)
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (plain("CMYK", (0, 255, 255, 0), "JPEG", quality=95), (255, 0, 0)),  # as Adobe stores it: inverted
        (plain("CMYK", (0, 255, 255, 0), "TIFF"), (255, 0, 0)),
        (plain("CMYK", (0, 0, 0, 128), "JPEG", quality=95), (127, 127, 127)),
        (plain("YCbCr", (76, 85, 255), "TIFF"), (254, 0, 0)),
        (plain("L", 90), (90, 90, 90)),
        (plain("LA", (90, 255)), (90, 90, 90)),
        (plain("1", 1), (255, 255, 255)),
        (plain("I;16", 90 * 257), (90, 90, 90)),
        (plain("P", (200, 100, 50)), (200, 100, 50)),
        (plain("P", (200, 100, 50), "GIF"), (200, 100, 50)),
    ],
    ids=["adobe", "cmyk", "black ink", "ycbcr", "grey", "grey+alpha", "1-bit", "16-bit", "palette", "gif"],
)
def test_colours_are_preserved_in_every_mode(data: bytes, expected: Colour, target: Target) -> None:
    assert seen(data, Rendition(quality=95, format=target)) == pytest.approx(expected, abs=3)


def ycck(data: bytes) -> bytes:
    """A CMYK JPEG marked as YCCK, as Photoshop writes it: its first three channels are read as YCbCr."""
    at = data.index(b"Adobe") + 11
    return data[:at] + b"\x02" + data[at + 1 :]


def test_ycck_as_photoshop_writes_it_is_decoded() -> None:
    """Red is magenta and yellow without cyan: Y'CbCr (179, 171, 0) in stored ink values."""
    stored = Image.merge("CMYK", [Image.new("L", SIZE, 255 - value) for value in (179, 171, 0, 255)])
    assert seen(ycck(encode(stored, "JPEG", quality=95))) == pytest.approx((255, 0, 0), abs=5)


def test_sixteen_bit_colours_are_scaled() -> None:
    tiff = struct.pack("<2sHIH", b"II", 42, 8, 9)
    tags = [(256, 3, 1, 32), (257, 3, 1, 32), (258, 3, 3, 122), (259, 3, 1, 1), (262, 3, 1, 2)]
    tags += [(273, 4, 1, 128), (277, 3, 1, 3), (278, 3, 1, 32), (279, 4, 1, 32 * 32 * 6)]
    tiff += b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)
    tiff += struct.pack("<3H", 16, 16, 16)
    tiff += struct.pack("<3H", 200 * 257, 100 * 257, 50 * 257) * 32 * 32
    assert seen(tiff) == pytest.approx((200, 100, 50), abs=1)


@pytest.mark.parametrize("target", [*FORMATS, Target.KEEP, Target.AUTO])
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_a_profile_is_applied(name: str, target: Target) -> None:
    """If a profile exchanges red and green, a stored red means green."""
    quality = {} if name in ("PNG", "TIFF") else {"quality": 95}
    data = plain("RGB", (255, 0, 0), name, icc_profile=swapped(), **quality)
    assert seen(data, Rendition(quality=95, format=target, max_width=31)) == pytest.approx((0, 255, 0), abs=8)


def test_a_profile_is_applied_to_transparent_and_palette_images() -> None:
    clear = plain("RGBA", (255, 0, 0, 99), icc_profile=swapped())
    pixel = opened(compress(clear, Rendition(format=Target.PNG, max_width=31)).data).getpixel((16, 16))
    assert pixel == pytest.approx((0, 255, 0, 99), abs=2)
    palette = plain("P", (255, 0, 0), icc_profile=swapped())
    assert seen(palette, Rendition(max_width=31)) == pytest.approx((0, 255, 0), abs=3)


def test_a_grey_profile_is_applied_to_grey() -> None:
    """128 on a linear 8-bit scale is 188 in sRGB."""
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63_190, 65_536, 54_061)
    linear = b"curv" + bytes(8)
    text = b"text" + bytes(4) + b"none\0\0\0\0"
    name = b"desc" + bytes(4) + struct.pack(">I", 5) + b"grey\0" + bytes(79)
    parts = {b"wtpt": white, b"kTRC": linear, b"cprt": text, b"desc": name}
    at, entries = 132 + 12 * len(parts), b""
    for tag, content in parts.items():
        entries += tag + struct.pack(">II", at, len(content))
        at += len(content)
    head = struct.pack(">I4sI4s4s4s", at, b"lcms", 0x02400000, b"mntr", b"GRAY", b"XYZ ")
    head += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + bytes(28)
    head += struct.pack(">3i", 63_190, 65_536, 54_061) + bytes(48)
    profile = head + struct.pack(">I", len(parts)) + entries + b"".join(parts.values())
    for data in (
        plain("L", 128, "JPEG", quality=95, icc_profile=profile),
        plain("LA", (128, 99), icc_profile=profile),
    ):
        clear = opened(compress(data, Rendition(format=Target.PNG, max_width=31)).data)
        assert clear.mode == "L" or clear.getchannel("A").getextrema() == (99, 99)
        assert seen(data, Rendition(format=Target.PNG, max_width=31)) == pytest.approx((188, 188, 188), abs=2)


def test_a_cmyk_profile_is_applied() -> None:
    """With this profile, cyan and magenta without yellow and black are a middle grey."""
    profile = table_profile({0b0000: (255, 128, 128), 0b1100: (136, 128, 128)})
    data = plain("CMYK", (255, 255, 0, 0), "TIFF", icc_profile=profile)
    assert seen(data) == pytest.approx((127, 127, 127), abs=4)
    assert seen(plain("CMYK", (255, 255, 0, 0), "TIFF")) == (0, 0, 255)


BROKEN = {
    "empty": b"",
    "junk": b"junk" * 99,
    "header only": srgb()[:128],
    "cut off": srgb()[:400],
    "of another colour space": srgb()[:16] + b"CMYK" + srgb()[20:],
    "tags beyond the end": srgb()[:128] + b"\0\0\0\x01rXYZ\xff\xff\xff\xff\xff\xff\xff\xff" + bytes(400),
    "with a million tags": srgb()[:128] + b"\x0f\xff\xff\xff" + bytes(400),
    "huge": swapped() + bytes(5_000_000),
}


@pytest.mark.parametrize("profile", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_a_broken_profile_is_ignored(profile: bytes, name: str) -> None:
    quality = {} if name == "PNG" else {"quality": 95}
    data = plain("RGB", (200, 100, 50), name, **quality, icc_profile=profile)
    for target in (*FORMATS, Target.KEEP):
        assert seen(data, Rendition(quality=95, format=target)) == pytest.approx((200, 100, 50), abs=5)


@pytest.mark.parametrize(
    ("background", "mode", "expected"),
    [
        ("#ffffff", "RGBA", (255, 255, 255)),
        ("#0080ff", "RGBA", (0, 128, 255)),
        ("#0080FF", "LA", (0, 128, 255)),
        ("#808080", "LA", (128, 128, 128)),
    ],
)
def test_transparent_pixels_show_the_background(background: str, mode: str, expected: Colour) -> None:
    data = plain(mode, (*(0,) * (len(mode) - 1), 0))
    assert seen(data, Rendition(quality=95, background=background)) == pytest.approx(expected, abs=3)


def test_a_grey_image_stays_grey_on_grey() -> None:
    data = plain("LA", (90, 128))
    assert opened(compress(data, Rendition(background="#404040")).data).mode == "L"
    assert opened(compress(data, Rendition(background="#404041")).data).mode == "RGB"


@pytest.mark.parametrize("target", [Target.PNG, Target.WEBP, Target.AVIF])
def test_only_jpeg_uses_the_background(target: Target) -> None:
    clear = plain("RGBA", (10, 20, 30, 0))
    expected = compress(clear, Rendition(format=target))
    assert expected == compress(clear, Rendition(format=target, background="#ff0000"))
    alpha = opened(expected.data).convert("RGBA").getchannel("A")
    assert alpha.getextrema() == (0, 0)
