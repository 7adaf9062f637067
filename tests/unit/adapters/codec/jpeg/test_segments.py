"""JPEG application segments that are too short are ignored, as libjpeg does (T.81, B.2.4.6)."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalight.adapters.codec.compress import compress
from catalight.adapters.codec.jpeg.header import segment
from catalight.adapters.codec.jpeg.segments import repaired
from catalight.domain.image.formats import Target
from catalight.domain.image.rendition import Rendition
from tests.corpora.samples import encode
from tests.unit.adapters.codec.coding import PNG
from tests.unit.adapters.codec.jpeg.comparing import drawn

WHOLE = encode(drawn(64, 48), "JPEG", quality=90)
PLAIN = WHOLE[:2] + WHOLE[20:]  # without JFIF
NAMES = {  # what each begins with, and how long it must be
    (0xE0, b"JFIF\0"): 14,
    (0xE0, b"JFXX\0"): 6,
    (0xE1, b"Exif\0\0"): 14,
    (0xE1, b"http://ns.adobe.com/xap/1.0/\0"): 29,
    (0xE2, b"ICC_PROFILE\0"): 14,
    (0xE2, b"MPF\0"): 40,
    (0xE2, b"FPXR\0"): 10,
    (0xED, b"Photoshop 3.0\0"): 40,
    (0xEE, b"Adobe"): 12,
    (0xFE, b""): 4,
}
WAYS = [Rendition(), Rendition(format=Target.KEEP, quality=100), PNG, Rendition(max_width=20)]


@pytest.mark.parametrize(("kind", "length"), list(NAMES.items()))
@given(st.data(), st.sampled_from(WAYS), st.integers(1, 3))
@settings(max_examples=60)
def test_short_segments_are_ignored(
    kind: tuple[int, bytes], length: int, data: st.DataObject, options: Rendition, times: int
) -> None:
    marker, name = kind
    content = (name + data.draw(st.binary(max_size=length)))[: data.draw(st.integers(0, length - 1))]
    changed = PLAIN[:2] + segment(marker, content) * times + PLAIN[2:]
    assert compress(changed, options).data == compress(PLAIN, options).data


@pytest.mark.parametrize("content", [b"8BIM", b"8BIM\x04\x04\x05", b"8BIM\x03\xed\0\0\0\0\0\x10\0"])
def test_broken_photoshop_resources_are_ignored(content: bytes) -> None:
    changed = WHOLE[:20] + segment(0xED, b"Photoshop 3.0\0" + content) + WHOLE[20:]
    assert compress(changed, PNG).data == compress(WHOLE, PNG).data


def test_a_sound_jpeg_is_not_copied() -> None:
    data, ended = repaired(WHOLE)
    assert data is WHOLE
    assert ended


def test_many_segments_take_little_time() -> None:
    data = WHOLE[:2] + segment(0xEE, b"Adobe") * 100_000 + WHOLE[2:]
    began = time.process_time()
    assert repaired(data)[0] == WHOLE
    assert time.process_time() - began < 2
