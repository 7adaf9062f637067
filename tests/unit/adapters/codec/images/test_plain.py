"""The headers that are read without Pillow: they say what Pillow says, and Pillow would open their files."""

import re
import warnings
from io import BytesIO
from random import Random

import pytest
from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile

from catalight.adapters.codec.images import decode, pillow_errors, repair
from catalight.adapters.codec.images.decode import Source
from catalight.adapters.codec.jpeg import plain
from catalight.adapters.codec.jpeg.header import segment
from catalight.domain.errors import ImageError
from catalight.domain.image.limits import LIMITS, Limits
from tests.corpora.mutations import MUTATORS
from tests.corpora.samples import corner, encode

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta tiff:Orientation='3'/>"
PLAIN = encode(corner(), "JPEG")


def described() -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Copyright] = "Shop"
    exif[ExifTags.Base.XResolution] = 300
    exif[ExifTags.Base.ResolutionUnit] = 2
    return exif


def in_parts(profile: bytes, count: int, kept: int) -> bytes:
    size = -(-len(profile) // count)
    parts = [profile[at : at + size] for at in range(0, len(profile), size)]
    segments = [
        segment(0xE2, b"ICC_PROFILE\0" + bytes([n + 1, count]) + part) for n, part in enumerate(parts)
    ]
    return b"".join(reversed(segments[:kept]))


def with_segments(*segments: bytes) -> bytes:
    return PLAIN[:2] + b"".join(segments) + PLAIN[2:]


ORDINARY = {
    "plain": PLAIN,
    "progressive": encode(corner(), "JPEG", progressive=True),
    "grey": encode(corner().convert("L"), "JPEG"),
    "dots per inch": encode(corner(), "JPEG", dpi=(300, 300)),
    "EXIF": encode(corner(), "JPEG", exif=described()),
    "EXIF in two segments": with_segments(
        segment(0xE1, described().tobytes()[:40]), segment(0xE1, b"Exif\0\0" + described().tobytes()[40:])
    ),
    "XMP": with_segments(segment(0xE1, XMP)),
    "a comment": encode(corner(), "JPEG", comment=b"drawn"),
    "a profile": encode(corner(), "JPEG", icc_profile=PROFILE),
    "a profile in parts": with_segments(in_parts(PROFILE, 3, 3)),
    "an incomplete profile": with_segments(in_parts(PROFILE, 3, 2)),
    "no JFIF": PLAIN[:2] + PLAIN[20:],
}
LEFT_TO_PILLOW = {
    "CMYK": encode(corner().convert("CMYK"), "JPEG"),
    "fill bytes": PLAIN[:2] + b"\xff" + PLAIN[2:],
    "another image": with_segments(segment(0xE2, b"MPF\0" + bytes(50))),
    "resources of Photoshop": with_segments(segment(0xED, b"Photoshop 3.0\0" + bytes(50))),
    "a short JFIF": with_segments(segment(0xE0, b"JFIF\0")),
    "two frames": PLAIN.replace(b"\xff\xc0", PLAIN[PLAIN.index(b"\xff\xc0") :][:19] + b"\xff\xc0"),
    "a PNG": encode(corner()),
    "nothing": b"",
}


def is_as_pillow_says(data: bytes) -> bool:
    """Whether the header is read without Pillow; then Pillow must say the same, without a warning."""
    header = plain.read(data)
    if header is None:
        return False
    with warnings.catch_warnings():
        pillow_errors.prepare_pillow()
        try:
            source = Source(data, ended=True, limits=LIMITS, header=header)
        except (ImageError, Image.DecompressionBombError, UnidentifiedImageError) as error:
            with pytest.raises(type(error), match=re.escape(str(error)[:30])):
                Source(data, ended=True, limits=LIMITS)
            return True
        expected = Source(data, ended=True, limits=LIMITS)
    assert isinstance(expected.image(LIMITS), JpegImageFile)
    for name in ("format", "mode", "stored", "upright", "orientation", "exif", "report", "animated"):
        assert getattr(source, name) == getattr(expected, name), name
    assert source.profile == expected.profile
    return True


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_headers_are_read(name: str) -> None:
    assert is_as_pillow_says(ORDINARY[name])


@pytest.mark.parametrize("name", LEFT_TO_PILLOW)
def test_others_are_left_to_pillow(name: str) -> None:
    assert plain.read(LEFT_TO_PILLOW[name]) is None


def test_damaged_headers_are_read_as_pillow_reads_them() -> None:
    chance, read = Random(22), 0
    for _ in range(4000):
        data = bytearray(chance.choice([*ORDINARY.values(), *LEFT_TO_PILLOW.values()]))
        for _ in range(chance.choice((1, 1, 2, 3))):
            chance.choice(MUTATORS)(chance, data)
        read += is_as_pillow_says(repair.repaired(bytes(data))[0])
    assert read > 500


def test_pillow_opens_only_what_it_has_to(monkeypatch: pytest.MonkeyPatch) -> None:
    for data in (PLAIN, PLAIN[:-2], PLAIN + b"more", with_segments(segment(0xE0, b"JFIF\0"))):
        with monkeypatch.context() as context:
            context.delattr(Image, "open")
            decode.opened(data, LIMITS)
    assert Image.open(BytesIO(PLAIN)).size == decode.opened(PLAIN, LIMITS).image(LIMITS).size


def test_limits_hold_without_pillow() -> None:
    pixels = corner().width * corner().height
    decode.opened(PLAIN, Limits(pixels=pixels, scanned=3 * pixels))
    with pytest.raises(ImageError, match="pixels"):
        decode.opened(PLAIN, Limits(pixels=pixels - 1))
    decode.opened(PLAIN, Limits(scanned=pixels))
    with pytest.raises(ImageError, match="1 scans"):
        decode.opened(PLAIN, Limits(scanned=pixels - 1))
    with pytest.raises(ImageError, match="10 scans"):
        decode.opened(ORDINARY["progressive"], Limits(scanned=10 * pixels - 1))
