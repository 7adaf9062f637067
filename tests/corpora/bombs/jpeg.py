"""JPEGs that take much more CPU time or memory than their size suggests."""

import struct
from collections.abc import Iterator

from PIL import Image

from tests.corpora.samples import corner, encode
from tests.faults import bomb

LONGEST_SEGMENT = 65_533


def bombs() -> Iterator[tuple[str, bytes]]:
    """Yield each bomb with its name."""
    small = encode(corner(), "JPEG")
    frame = small.index(b"\xff\xc0")
    yield "jpeg of 65,535 x 65,535", _resized(small, 65_535, 65_535)
    yield "jpeg of 65,500 x 763 with the data of 40 x 20", _resized(small, 763, 65_500)
    yield "jpeg of 65,500 x 763", encode(Image.new("L", (65_500, 763)), "JPEG")
    yield "jpeg of 1 x 65,500", encode(Image.new("RGB", (1, 65_500)), "JPEG")
    yield "jpeg of 48 megapixels and 1,000 scans", bomb.draw()
    yield "jpeg of 1.4 megapixels and 20,000 scans", bomb.draw(1200, 20_000)
    yield "jpeg of 16 megapixels and 60 scans, just allowed", bomb.draw(4000, 60)
    for name, kind, body in (
        ("DHT", 0xC4, bytes([0, 1, *[0] * 15, 0])),
        ("DQT", 0xDB, bytes([0]) + bytes([1]) * 64),
        ("DRI", 0xDD, b"\0\1"),
        ("empty APP1", 0xE1, b""),
        ("comment", 0xFE, b"x"),
        ("SOF", 0xC0, small[frame + 4 : frame + 19]),
    ):
        yield f"jpeg with 100,000 of {name}", _with_segments(small, [_segment(kind, body)] * 100_000)
    yield "jpeg with 24 MB of APP2", _with_segments(small, [_segment(0xE2, bytes(LONGEST_SEGMENT))] * 366)
    profile = [_segment(0xE2, b"ICC_PROFILE\0" + bytes([n, 255]) + bytes(65_519)) for n in range(1, 256)]
    yield "jpeg with a profile of 16 MB", _with_segments(small, profile)
    yield "jpeg with 20 MB of restarts", small[:-2] + b"\xff\xd0\xff\xd1\xff\xd2\xff\xd3" * 2_500_000
    large = Image.new("RGB", (4000, 4000))
    yield "jpeg that restarts at each block", encode(large, "JPEG", restart_marker_blocks=1)
    yield "jpeg with 5 MB of fill bytes", small[:2] + b"\xff" * 5_000_000 + small[2:]
    fill = b"\xff" * 20_000_000 + b"\0"
    yield "jpeg with 20 MB of fill bytes and no marker after them", small[:-2] + fill + small[-2:]
    yield "jpeg followed by 20 MB of JPEGs", small * (20_000_000 // len(small))
    yield "jpeg whose EXIF directory refers to itself", _with_segments(small, [_segment(0xE1, _exif_loop())])
    yield (
        "jpeg with an index of 2,147,483,647 images",
        _with_segments(small, [_segment(0xE2, _image_index())]),
    )
    for kind in range(0xC1, 0xD0):
        yield f"jpeg of frame type {kind:X}", small[: frame + 1] + bytes([kind]) + small[frame + 2 :]


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _with_segments(data: bytes, segments: list[bytes]) -> bytes:
    return data[:2] + b"".join(segments) + data[2:]


def _resized(data: bytes, width: int, height: int) -> bytes:
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def _exif_loop() -> bytes:
    """Return EXIF data whose only directory is its own EXIF directory and its own successor."""
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<HHHIII", 1, 0x8769, 4, 1, 8, 8)


def _image_index() -> bytes:
    """Return a multi-picture index with more entries than the file has images."""
    entries = struct.pack("<HHHIIHHII", 2, 0xB001, 4, 1, 2**31 - 1, 0xB002, 7, 2**31 - 1, 8)
    return b"MPF\0II*\0\x08\0\0\0" + entries + bytes(4)
