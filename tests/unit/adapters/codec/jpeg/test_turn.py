"""The fast path rotates a JPEG with an EXIF orientation block by block, if its blocks are whole."""

import sys

import pytest
from PIL import Image, ImageOps

from catalight.adapters.codec import compress
from catalight.adapters.codec.jpeg.requantise import requantised
from catalight.domain.image.rendition import Rendition
from tests.corpora.samples import encode
from tests.unit.adapters.codec.jpeg.comparing import assert_as_close, drawn, fast_path, planes
from tests.unit.adapters.codec.looking import opened

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the library is made for Linux alone")

ROTATED = range(2, 9)
KINDS = [("RGB", "4:2:0"), ("RGB", "4:2:2"), ("RGB", "4:4:4"), ("L", "4:2:0")]
WHOLE = (96, 64)
ANY = [(96, 64), (45, 37), (16, 8), (1, 1)]


def rotated(orientation: int, kind: tuple[str, str], size: tuple[int, int], **more: object) -> bytes:
    """A JPEG that is upright only after its EXIF orientation is applied."""
    mode, subsampling = kind
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = drawn().resize(size).convert(mode)
    return encode(image, "JPEG", exif=exif, **{"quality": 92, "subsampling": subsampling} | more)


@pytest.mark.parametrize("orientation", ROTATED)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("asked", [30, 80])
def test_output_is_as_close_to_the_source_as_on_the_slow_path(
    asked: int, kind: tuple[str, str], orientation: int
) -> None:
    source = rotated(orientation, kind, WHOLE)
    fast = fast_path(source, asked, orientation)
    slow = encode(ImageOps.exif_transpose(opened(source)), "JPEG", quality=asked, exif=b"")
    assert_as_close(source, fast, slow, 1.3, 0.5)


@pytest.mark.parametrize("orientation", ROTATED)
@pytest.mark.parametrize("kind", [("RGB", "4:2:0"), ("L", "4:2:0")])
@pytest.mark.parametrize("size", ANY)
def test_with_its_own_quantisation_tables_nothing_is_lost(
    size: tuple[int, int], kind: tuple[str, str], orientation: int
) -> None:
    """Apart from what decoders round. There is no fast path if a partial block would come first."""
    source = rotated(orientation, kind, size, quality=85)
    fast = requantised(source, 95, orientation=orientation)
    if fast is None:
        assert orientation != 5
        assert size != WHOLE
        return
    assert len(fast) < len(source)
    assert opened(fast).size == ImageOps.exif_transpose(opened(source)).size
    for before, after in zip(planes(source), planes(fast), strict=True):
        assert max(abs(a - b) for a, b in zip(before, after, strict=True)) <= 2


@pytest.mark.parametrize("orientation", ROTATED)
@pytest.mark.parametrize("kind", KINDS)
def test_a_progressive_image_gives_the_same_output_as_a_baseline_one(
    kind: tuple[str, str], orientation: int
) -> None:
    plain, progressive = (rotated(orientation, kind, WHOLE, progressive=flag) for flag in (False, True))
    assert fast_path(progressive, 50, orientation) == fast_path(plain, 50, orientation)


@pytest.mark.parametrize(
    ("orientation", "size", "fits"),
    [
        *((code, (96, 72), code in (2, 5, 8)) for code in ROTATED),  # 72: half of an MCU at the end
        *((code, (88, 64), code in (4, 5, 6)) for code in ROTATED),
    ],
)
def test_there_is_no_fast_path_if_a_partial_block_would_come_first(
    orientation: int, size: tuple[int, int], fits: bool
) -> None:
    source = rotated(orientation, ("RGB", "4:2:0"), size)
    fast = requantised(source, 50, orientation=orientation)
    assert (fast is not None) is fits
    made = opened(compress.compress(source, Rendition()).data)
    assert made.size == ImageOps.exif_transpose(opened(source)).size
    if fast:
        assert compress.compress(source, Rendition()).data == fast
