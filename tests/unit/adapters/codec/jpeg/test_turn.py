"""A picture that lies otherwise than it is seen is turned in its blocks, where they are whole."""

import sys

import pytest
from PIL import Image, ImageOps

from catalight.adapters.codec import compress
from catalight.adapters.codec.jpeg.requantise import requantised
from catalight.domain.image.options import Options
from tests.corpora.samples import encode
from tests.unit.adapters.codec.jpeg.comparing import assert_as_near, drawn, light, planes
from tests.unit.adapters.codec.looking import opened

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the library is made for Linux alone")

TURNED = range(2, 9)
KINDS = [("RGB", "4:2:0"), ("RGB", "4:2:2"), ("RGB", "4:4:4"), ("L", "4:2:0")]
WHOLE = (96, 64)
ANY = [(96, 64), (45, 37), (16, 8), (1, 1)]


def lying(orientation: int, kind: tuple[str, str], size: tuple[int, int], **more: object) -> bytes:
    """A JPEG that is upright only after a turn."""
    mode, resolution = kind
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = drawn().resize(size).convert(mode)
    return encode(image, "JPEG", exif=exif, **{"quality": 92, "subsampling": resolution} | more)


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("asked", [30, 80])
def test_it_comes_out_as_near_as_on_the_way_through_pixels(
    asked: int, kind: tuple[str, str], orientation: int
) -> None:
    source = lying(orientation, kind, WHOLE)
    quick = light(source, asked, orientation)
    slow = encode(ImageOps.exif_transpose(opened(source)), "JPEG", quality=asked, exif=b"")
    assert_as_near(source, quick, slow, 1.1, 0.2)


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize("kind", [("RGB", "4:2:0"), ("L", "4:2:0")])
@pytest.mark.parametrize("size", ANY)
def test_with_its_own_steps_nothing_is_lost(
    size: tuple[int, int], kind: tuple[str, str], orientation: int
) -> None:
    """But what decoders round, which go down first; where part of a block would come first, no way."""
    source = lying(orientation, kind, size, quality=85)
    quick = requantised(source, 95, orientation=orientation)
    if quick is None:
        assert orientation != 5
        assert size != WHOLE
        return
    assert len(quick) < len(source)
    assert opened(quick).size == ImageOps.exif_transpose(opened(source)).size
    for before, after in zip(planes(source), planes(quick), strict=True):
        assert max(abs(a - b) for a, b in zip(before, after, strict=True)) <= 2


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize("kind", KINDS)
def test_a_progressive_image_comes_out_as_the_same_in_one_scan(
    kind: tuple[str, str], orientation: int
) -> None:
    plain, progressive = (lying(orientation, kind, WHOLE, progressive=way) for way in (False, True))
    assert light(progressive, 50, orientation) == light(plain, 50, orientation)


@pytest.mark.parametrize(
    ("orientation", "size", "fits"),
    [
        *((turned, (96, 72), turned in (2, 5, 8)) for turned in TURNED),  # 72: half of an MCU at the end
        *((turned, (88, 64), turned in (4, 5, 6)) for turned in TURNED),
    ],
)
def test_parts_of_blocks_cannot_come_first(orientation: int, size: tuple[int, int], fits: bool) -> None:
    source = lying(orientation, ("RGB", "4:2:0"), size)
    quick = requantised(source, 50, orientation=orientation)
    assert (quick is not None) is fits
    made = opened(compress.compress(source, Options()).data)
    assert made.size == ImageOps.exif_transpose(opened(source)).size
    if quick:
        assert compress.compress(source, Options()).data == quick
