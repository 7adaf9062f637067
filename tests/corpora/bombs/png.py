"""PNGs that take much more CPU time or memory than their size suggests."""

import struct
import zlib
from collections.abc import Iterator

from tests.corpora.samples import corner, encode

HEADER = 33  # bytes: signature and IHDR


def bombs() -> Iterator[tuple[str, bytes]]:
    """Yield each bomb with its name."""
    small = encode(corner())
    yield "png of 100,000 x 100,000", _png(100_000, 100_000, 8, 2, b"")
    yield "png of 2,147,483,647 x 1", _png(2**31 - 1, 1, 8, 2, b"")
    yield "png of 51 megapixels in 50 kB", _png(7200, 7200, 8, 6, _zeros(7200 * (7200 * 4 + 1)))
    yield "png of 51 megapixels with 16 bits", _png(7200, 7200, 16, 6, _zeros(7200 * (7200 * 8 + 1)))
    yield "png of 51 megapixels in 1 bit", _png(7200, 7200, 1, 0, _zeros(7200 * (7200 // 8 + 1)))
    yield "png of 51 megapixels, interlaced", encode_interlaced(7200)
    yield "png of 1 x 52,000,000", _png(1, 52_000_000, 8, 0, _zeros(100_000_000))
    yield "png of 52,000,000 x 1", _png(52_000_000, 1, 8, 0, _zeros(52_000_001))
    yield "png of 1 pixel with 1 GB of data", _png(1, 1, 8, 0, _zeros(1_000_000_000))
    yield "png whose profile inflates to 1 GB", _with(small, b"iCCP", b"p\0\0" + _zeros(1_000_000_000))
    yield "png whose text inflates to 1 GB", _with(small, b"zTXt", b"k\0\0" + _zeros(1_000_000_000))
    yield "png whose iTXt inflates to 1 GB", _with(small, b"iTXt", b"k\0\1\0\0\0" + _zeros(1_000_000_000))
    yield "png with 2,000 texts of 1 MB", _with(small, b"zTXt", b"k\0\0" + _zeros(1_000_000), 2000)
    yield "png with 20 MB of text", _with(small, b"tEXt", b"k\0" + b"x" * 20_000_000)
    yield "png with 20 MB of EXIF", _with(small, b"eXIf", b"II*\0\x08\0\0\0\xff\xff" + bytes(20_000_000))
    yield "png with 1,000,000 chunks", _with(small, b"tEXt", b"k\0v", 1_000_000)
    yield "png with a palette of 20 MB", _with(encode(corner().quantize(4)), b"PLTE", bytes(20_000_000))
    yield "png that claims 4,294,967,295 frames", _with(small, b"acTL", b"\xff\xff\xff\xff\0\0\0\0")
    frames = _chunk(b"fcTL", struct.pack(">IIIIIHHBB", 1, 40, 20, 0, 0, 1, 1, 0, 0))
    animated = _with(small, b"acTL", struct.pack(">II", 500_000, 0))
    yield "png with 500,000 frames", animated[:-12] + frames * 500_000
    yield "png with 1,000,000 empty IDAT chunks", _with_empty_chunks(small)


def encode_interlaced(side: int) -> bytes:
    """Return an interlaced PNG of seven passes of zeros; nothing checks their total length."""
    return _png(side, side, 8, 6, _zeros(side * side * 4 + 15 * side), interlaced=1)


def _png(width: int, height: int, bits: int, colours: int, data: bytes, interlaced: int = 0) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, bits, colours, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _with(data: bytes, name: bytes, body: bytes, times: int = 1) -> bytes:
    return data[:HEADER] + _chunk(name, body) * times + data[HEADER:]


def _with_empty_chunks(data: bytes) -> bytes:
    at = data.index(b"IDAT") - 4
    return data[:at] + _chunk(b"IDAT", b"") * 1_000_000 + data[at:]


def _zeros(length: int) -> bytes:
    """Return `length` zeros, deflated about a thousand to one."""
    packer, part = zlib.compressobj(1), bytes(1_000_000)
    whole, rest = divmod(length, len(part))
    body = b"".join(packer.compress(part) for _ in range(whole))
    return body + packer.compress(bytes(rest)) + packer.flush()
