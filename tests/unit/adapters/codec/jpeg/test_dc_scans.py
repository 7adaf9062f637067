"""Luma's DC in a progressive scan of its own, if that takes fewer bytes."""

import sys
from io import BytesIO

import pytest
from PIL import Image

from catalight.adapters.codec.jpeg import scans
from tests.corpora.samples import encode
from tests.unit.adapters.codec.jpeg.comparing import drawn, fast_path
from tests.unit.adapters.codec.looking import difference, opened

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the library is made for Linux alone")

_SOS = 0xDA
LUMA_ALONE = [[1], [2, 3]]


def stripes(size: tuple[int, int]) -> Image.Image:
    """Smooth rows that differ from those above: a block is like the one on its left, not like others."""
    column = Image.new("L", (1, size[1]))
    column.putdata([60 + y // 16 * 75 % 150 + y // 8 % 2 * 40 for y in range(size[1])])
    grey = column.resize(size)
    return Image.merge("RGB", (grey, grey.point(lambda level: level * 3 // 4), grey))


def dc_scans(data: bytes) -> list[list[int]]:
    """Return the numbers of the components of each scan of DC."""
    found = []
    for at in (at for kind, at in scans.markers(data) if kind == _SOS):
        components = data[at + 3 : at + 3 + 2 * data[at + 2] : 2]
        if data[at + 3 + 2 * len(components)] == 0:
            found.append(list(components))
    return found


@pytest.mark.parametrize("size", [(320, 240), (1000, 40), (417, 353)])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_luma_whose_blocks_are_like_those_on_their_left_has_a_scan_of_its_own(
    size: tuple[int, int], subsampling: int
) -> None:
    """As Pillow codes the same coefficients, with all components in one scan, they take more bytes."""
    source = encode(stripes(size), "JPEG", quality=90, subsampling=subsampling)
    made = fast_path(source)
    assert dc_scans(made) == LUMA_ALONE
    assert difference(opened(made), opened(source)) < 2
    file = BytesIO()
    opened(made).save(file, "JPEG", qtables="keep", quality="keep", progressive=True)
    assert dc_scans(file.getvalue())[0] == [1, 2, 3]
    assert len(made) < 0.9 * len(file.getvalue())


def test_what_has_such_scans_does_not_change_if_compressed_again() -> None:
    made = fast_path(encode(stripes((417, 353)), "JPEG", quality=90))
    assert dc_scans(made) == LUMA_ALONE
    assert fast_path(made) == made


def test_an_image_of_one_mcu_and_a_grey_one_have_one_scan_of_dc() -> None:
    assert len(dc_scans(fast_path(encode(drawn().resize((16, 16)), "JPEG", quality=90)))) == 1
    assert dc_scans(fast_path(encode(stripes((320, 240)).convert("L"), "JPEG", quality=90))) == [[1]]
