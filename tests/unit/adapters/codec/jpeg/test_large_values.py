"""Values of a progressive JPEG that are larger than any decoder has to take: hostile, and refused."""

import struct

import pytest

from catalight.adapters.codec.jpeg.requantise import requantised, settled

BLOCKS, VALUES = 64, 5  # in the image; beside DC in a block
SIDE = 8 * 8


def segment(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, kind, len(content) + 2) + content


def table(kind: int, symbols: bytes) -> bytes:
    """A Huffman table whose codes are 0, 10, and so on."""
    lengths = bytes([1] * len(symbols)).ljust(16, b"\0")
    return segment(0xC4, bytes([kind]) + lengths + symbols)


def scan(first: int, last: int, before: int, shift: int, bits: str) -> bytes:
    whole = bits + "1" * (-len(bits) % 8)
    coded = int(whole, 2).to_bytes(len(whole) // 8).replace(b"\xff", b"\xff\0")
    return segment(0xDA, bytes([1, 1, 0, first, last, before << 4 | shift])) + coded


def progressive(shift: int) -> bytes:
    """A grey JPEG with values of nine bits that are shifted, and refined bit by bit."""
    values = "".join("0" + format(256 if number % 2 else 255, "09b") for number in range(VALUES))
    parts = [
        b"\xff\xd8",
        segment(0xDB, b"\0" + b"\1" * 64),
        segment(0xC2, struct.pack(">BHHB", 8, SIDE, SIDE, 1) + b"\1\x11\0"),
        table(0x00, b"\0"),
        scan(0, 0, 0, 0, "0" * BLOCKS),
        table(0x10, b"\x09\0"),
        scan(1, 63, 0, shift, (values + "10") * BLOCKS),
    ]
    for left in reversed(range(shift)):
        parts += [table(0x10, b"\0"), scan(1, 63, left + 1, left, ("0" + "1" * VALUES) * BLOCKS)]
    return b"".join([*parts, b"\xff\xd9"])


@pytest.mark.parametrize("shift", range(14))
def test_a_value_that_no_jpeg_of_8_bits_has_is_refused(shift: int) -> None:
    source = progressive(shift)
    allowed = shift <= 1  # nine bits and one
    for quality in (50, 95, 97, 100):
        assert (requantised(source, quality) is not None) is allowed
    assert (settled(source, 99.0) is not None) is allowed
