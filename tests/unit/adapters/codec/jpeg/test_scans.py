"""Counting scans in JPEGs with millions of bytes that look like the start of a marker."""

import time
from random import Random

import pytest

from catalight.adapters.codec import native
from catalight.adapters.codec.jpeg import scans

MANY = 4_000_000
SCAN = b"\xff\xda\x00\x02"


@pytest.mark.parametrize("noise", [b"\xff", b"\xff\x00", b"\xff\xd0", b"\xff\xff\x00", b"\xff\xff\xd7"])
def test_fill_bytes_take_no_longer_than_others(noise: bytes) -> None:
    began = time.process_time()
    assert scans.count(b"\xff\xd8" + SCAN + noise * MANY + b"\x00" + SCAN + b"\xff\xd9" + SCAN) == 2
    assert (
        time.process_time() - began < 5
    )  # a former version took 0.5 s for 10,000 fill bytes, 30 s for 80,000


def test_a_marker_may_have_fill_bytes_before_it() -> None:
    assert scans.count(b"\xff\xff\xff\xd8\xff" + SCAN + b"\xff\xff" + SCAN) == 2


def test_the_library_finds_the_markers_that_the_pattern_finds() -> None:
    random = Random(1)
    data = bytes(
        random.choices([0xFF, 0x00, 0x01, 0xCF, 0xD0, 0xD7, 0xD8, 0xFE], [6, 2, 1, 1, 1, 1, 1, 1], k=3000)
    )
    rare = b"".join(
        random.choices(
            [b"\x01", b"\xff\x00", b"\xff\xd3", b"\xff\xff\x00", b"\xff\xd8"], [60, 10, 2, 1, 1], k=2000
        )
    )
    assert native.library()
    for cut in (rare, data, data + b"\xff", data + b"\xff\xff", b"\xff", b""):
        for at in range(len(cut) + 2):
            found = scans.MARKER.search(cut, at)
            assert scans.after_coded(cut, at) == (found.start() if found else len(cut))


def test_the_library_counts_the_scans_that_the_markers_are() -> None:
    random, counts = Random(2), set()
    pieces = [
        SCAN,
        b"\xff\xda",
        b"\xff\x01",
        b"\xff\xd8",
        b"\xff\xe0\x00\x06abcd",
        b"\xff\x00",
        b"\xff\xd3",
        b"\x00",
    ]
    for _ in range(3000):
        data = b"".join(
            random.choices([*pieces, b"\xff\xd9"], [8] * len(pieces) + [1], k=random.randrange(30))
        )
        data = data[: random.randint(0, len(data))]
        expected = sum(kind == 0xDA for kind, _ in scans.markers(data))
        assert scans.count(data) == expected, data
        counts.add(expected)
    assert max(counts) > 5
