"""JPEGs with arithmetic coding: decoded, but never kept, because browsers do not show them."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.adapters.codec.compress import compress
from catalight.adapters.codec.jpeg import arithmetic
from catalight.adapters.codec.jpeg.header import segment
from catalight.domain.image.formats import ImageFormat, Target
from catalight.domain.image.rendition import Rendition
from tests.corpora.samples import corner, encode
from tests.unit.adapters.codec.looking import difference, opened

SEQUENTIAL, PROGRESSIVE = 0xC9, 0xCA
SOI, EOI, DQT, SOS, APP1 = b"\xff\xd8", b"\xff\xd9", 0xDB, 0xDA, 0xE1


def small(frame: int) -> bytes:
    """A grey JPEG of 8 x 8, smaller than any that has Huffman tables; a progressive one has its DC only."""
    last = 0 if frame == PROGRESSIVE else 63
    parts = [
        SOI,
        segment(DQT, bytes([0, *[1] * 64])),
        segment(frame, struct.pack(">B2H4B", 8, 8, 8, 1, 1, 0x11, 0)),
        segment(SOS, bytes([1, 1, 0, 0, last, 0])),
        b"\xfc",
        EOI,
    ]
    return b"".join(parts)


@pytest.mark.parametrize("target", [Target.JPEG, Target.KEEP, Target.AUTO])
@pytest.mark.parametrize("frame", [SEQUENTIAL, PROGRESSIVE])
def test_it_is_not_kept(frame: int, target: Target) -> None:
    data = small(frame)
    result = compress(data, Rendition(format=target))
    assert not result.kept
    if result.format is ImageFormat.JPEG:
        assert not arithmetic.coded(result.data)
    assert difference(opened(result.data), opened(data)) < 8


@given(st.binary(max_size=300).map(lambda content: segment(APP1, content)), st.integers(0xC0, 0xCF))
def test_the_frame_header_tells(before: bytes, kind: int) -> None:
    thumbnail = segment(APP1, small(SEQUENTIAL))
    header = SOI + before + thumbnail + segment(kind, bytes(9)) + segment(0xC0, bytes(9))
    assert arithmetic.coded(header) == (kind in {0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})


@pytest.mark.parametrize("progressive", [False, True])
def test_others_are_told_apart(progressive: bool) -> None:
    assert not arithmetic.coded(encode(corner(), "JPEG", progressive=progressive))
