"""GIF, WebP, AVIF and BMP bombs, and truncated images of every format."""

import struct
from collections.abc import Iterator
from itertools import chain

from PIL import Image

from tests.corpora.samples import corner, encode, samples

ALMOST_TOO_MANY = (7200, 7200)
GIF_FRAME = b"\x21\xf9\x04\0\1\0\0\0\x2c\0\0\0\0\1\0\1\0\0\x02\x02\x44\x01\0"  # of 1 x 1


def bombs() -> Iterator[tuple[str, bytes]]:
    """Yield each file with its name."""
    return chain(_gifs(), _webps(), _avifs(), _bmps(), _truncated())


def _gifs() -> Iterator[tuple[str, bytes]]:
    yield "gif of 65,535 x 65,535", _gif(65_535, 65_535)
    yield "gif with a screen of 51 megapixels and a frame of one", _gif(*ALMOST_TOO_MANY)
    yield "gif with 100,000 frames", _gif(100, 100, 100_000)
    yield "gif with 1,000,000 frames", _gif(7200, 7200, 1_000_000)
    yield "gif of 51 megapixels", encode(Image.new("P", ALMOST_TOO_MANY), "GIF")
    empty = _gif(9, 9, 0)[:-1]
    comments = b"\x21\xfe" + (b"\xff" + b"x" * 255) * 80_000 + b"\0"
    yield "gif with 20 MB of comments", empty + comments + GIF_FRAME
    yield "gif with 5,000,000 extensions before its frame", empty + b"\x21\xfe\0" * 5_000_000 + GIF_FRAME
    outside = GIF_FRAME.replace(b"\x2c\0\0\0\0\1\0\1\0", b"\x2c\xff\xff\xff\xff\xff\xff\xff\xff")
    yield "gif whose frame is larger than its screen", empty + outside + b";"


def _gif(width: int, height: int, frames: int = 1) -> bytes:
    colours = b"\0\0\0\xff\xff\xff"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + colours + GIF_FRAME * frames + b";"


def _webps() -> Iterator[tuple[str, bytes]]:
    yield "webp of 49 megapixels", encode(Image.new("RGB", (7000, 7000)), "WEBP", method=0)
    clear = Image.new("RGBA", (7000, 7000))
    yield "webp of 49 megapixels, transparent and lossless", encode(clear, "WEBP", method=0, lossless=True)
    frame = encode(Image.new("RGB", (1, 1)), "WEBP", lossless=True)[12:]
    for side, frames in ((16_384, 1), (7000, 2), (100, 100_000), (7000, 300_000), (10, 400_000)):
        yield f"webp of {side} x {side} with {frames:,} frames", _animated_webp(side, frames, frame)
    whole = encode(corner(), "WEBP", exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + bytes(20_000_000))
    yield "webp with 20 MB of EXIF", whole


def _animated_webp(side: int, frames: int, frame: bytes) -> bytes:
    size = (side - 1).to_bytes(3, "little") * 2
    one = _riff(b"ANMF", bytes(6) + bytes(6) + bytes([1, 0, 0, 0]) + frame)
    body = _riff(b"VP8X", bytes([2, 0, 0, 0]) + size) + _riff(b"ANIM", bytes(6)) + one * frames
    return _riff(b"RIFF", b"WEBP" + body)


def _riff(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _avifs() -> Iterator[tuple[str, bytes]]:
    small = encode(corner(), "AVIF")
    at = small.index(b"ispe") + 8
    for side in (65_535, 32_768, 7200):
        size = struct.pack(">II", side, side)
        yield f"avif that claims {side} x {side}", small[:at] + size + small[at + 8 :]
    yield "avif of 51 megapixels", encode(Image.new("RGB", ALMOST_TOO_MANY), "AVIF", speed=10)
    clear = Image.new("RGBA", ALMOST_TOO_MANY, "red")
    yield "avif of 51 megapixels, transparent", encode(clear, "AVIF", speed=10)
    frames = [Image.new("RGB", (16, 16), (n % 256, n // 256, 0)) for n in range(2000)]
    yield "avif with 2,001 frames", encode(frames[0], "AVIF", save_all=True, append_images=frames, speed=10)
    yield "avif with 20 MB of boxes", small + struct.pack(">I4s", 8, b"free") * 2_500_000
    boxes = struct.pack(">I4sI", 20_000_000, b"meta", 0) * 100_000
    yield "avif with nested boxes", small[:32] + boxes


def _bmps() -> Iterator[tuple[str, bytes]]:
    yield "bmp of 30,000 x 30,000", _bmp(30_000, 30_000, 24, 0)
    yield "bmp of 7,000 x -2,147,483,648", _bmp(7000, -(2**31), 24, 0)
    yield "bmp of 51 megapixels without data", _bmp(7200, -7200, 24, 0)
    yield "bmp of 51 megapixels in runs", _bmp(7200, 7200, 8, 1) + b"\xff\1" * 200_000
    yield "bmp of 51 megapixels in ends of lines", _bmp(7200, 7200, 8, 1) + b"\0\0" * 10_000_000
    yield "bmp of 51 megapixels in jumps", _bmp(7200, 7200, 8, 1) + b"\0\2\xff\xff" * 1_000_000
    yield "bmp with 4,294,967,295 colours", _bmp(9, 9, 8, 0, colours=0xFFFF_FFFF)


def _bmp(width: int, height: int, bits: int, compression: int, colours: int = 256) -> bytes:
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, 0, 1, 1, colours, 0)
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, 14 + 40 + 1024) + head + bytes(1024)


def _truncated() -> Iterator[tuple[str, bytes]]:
    for number, data in enumerate(samples()):
        for share in range(20):
            yield f"sample {number} cut at {share / 20:.0%}", data[: len(data) * share // 20]
