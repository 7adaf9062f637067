"""Kinds of supported formats that cannot be decoded are named, not called damaged."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalight.adapters.codec.images.formats import unsupported
from catalight.domain.errors import ImageErrorCode as Code
from tests.corpora.samples import corner, encode
from tests.unit.adapters.codec.coding import photograph, refused
from tests.unit.adapters.codec.images.tiffs import tiff

JPEG = encode(corner(), "JPEG")
FRAME = JPEG.index(b"\xff\xc0")


def jpeg(**changes: int) -> bytes:
    """A JPEG with other values in its frame header (T.81, B.2.2)."""
    data = bytearray(JPEG)
    for name, value in changes.items():
        data[FRAME + {"kind": 1, "bits": 4, "height": 6, "channels": 9}[name]] = value
    return bytes(data)


def bmp(bits: int = 24, compression: int = 0) -> bytes:
    data = encode(corner(), "BMP")
    return data[:28] + struct.pack("<HI", bits, compression) + data[34:]


CASES = {
    "a TIFF of 16-bit grey with alpha": tiff(9, 9, 2, bytes(9 * 9 * 4), photometric=1, bits=16, extra=(2,)),
    "a TIFF of floating-point 64-bit grey": tiff(9, 9, 1, bytes(648), photometric=1, bits=64, numbers=3),
    "a TIFF of floating-point 32-bit RGB": tiff(9, 9, 3, bytes(972), photometric=2, bits=32, numbers=3),
    "a TIFF of 16-bit CMYK with alpha": tiff(9, 9, 5, bytes(810), photometric=5, bits=16, extra=(2,)),
    "a TIFF of 8-bit CMYK with alpha": tiff(9, 9, 5, bytes(405), photometric=5, extra=(2,), planar=2),
    "a TIFF of 16-bit Lab": tiff(9, 9, 3, bytes(486), photometric=8, bits=16),
    "a TIFF of 8-bit grey with 2 more channels": tiff(9, 9, 3, bytes(243), photometric=1),
    "a TIFF with compression 34887": tiff(9, 9, 1, bytes(81), photometric=1, compression=34887),
    "a 12-bit JPEG": jpeg(bits=12),
    "a JPEG with 2 channels": jpeg(channels=2),
    "a hierarchical JPEG": jpeg(kind=0xC5, bits=7),
    "a JPEG that has its height after its pixels (DNL)": jpeg(height=0),
    "a BMP with 24 bits a pixel and compression 4": bmp(compression=4),
    "a BMP with 2 bits a pixel and compression 0": bmp(bits=2),
    "Apple's own variant of PNG (CgBI)": encode(corner())[:8]
    + b"\0\0\0\4CgBI"
    + bytes(8)
    + encode(corner())[8:90],
}


@pytest.mark.parametrize(("kind", "data"), CASES.items())
def test_kinds_that_cannot_be_decoded_are_named(kind: str, data: bytes) -> None:
    error = refused(data)
    assert error.code is Code.CORRUPT_IMAGE
    assert error.detail == f"The image is {kind}, which is not supported."


@pytest.mark.parametrize("name", ["JPEG", "TIFF", "BMP", "PNG"])
@given(st.data())
@settings(max_examples=200)
def test_any_bytes_can_be_looked_at(name: str, draws: st.DataObject) -> None:
    data = bytearray(photograph(name)[:3000])
    for at, value in draws.draw(st.lists(st.tuples(st.integers(0, 200), st.binary(max_size=4)), max_size=5)):
        data[at : at + len(value)] = value
    unsupported.named(bytes(data[: draws.draw(st.integers(0, len(data)))]))
