"""The time to parse a JPEG's segments depends on its length only, not on its contents."""

import time

from catalight.adapters.codec.images import strip
from catalight.domain.image.formats import ImageFormat
from local.hosts.images import draw

MANY = 4_000_000


def test_fill_bytes_take_no_longer_than_others() -> None:
    began = time.process_time()
    data = b"\xff\xd8" + b"\xff" * MANY + b"\x00"
    assert strip.stripped(ImageFormat.JPEG, data, b"", profiled=False) is None
    assert time.process_time() - began < 5


def test_fill_bytes_before_the_end_marker_are_dropped() -> None:
    data = draw(1, 64, 48)
    plain = strip.stripped(ImageFormat.JPEG, data, b"", profiled=False)
    filled = data.removesuffix(b"\xff\xd9") + b"\xff" * 100 + b"\xff\xd9"
    assert strip.stripped(ImageFormat.JPEG, filled, b"", profiled=False) == plain
