"""TIFFs that take much more CPU time or memory than their size suggests."""

import struct
from collections.abc import Iterator

from PIL import Image

from tests.corpora.samples import corner, encode

SHORT, LONG = 3, 4
MOST = 0xFFFF_FFFF
WIDTH, HEIGHT, BITS, COMPRESSION, COLOURS = 256, 257, 258, 259, 262
STRIPS, SAMPLES, ROWS, LENGTHS = 273, 277, 278, 279
PACKINGS = {"none": 1, "fax": 4, "LZW": 5, "JPEG": 7, "deflate": 8, "PackBits": 32_773, "zstd": 50_000}
TILE_WIDTH, TILE_HEIGHT, TILES, TILE_LENGTHS = 322, 323, 324, 325

type Tags = dict[int, tuple[int, int, int]]  # type, count, and the value or the offset of the values


def bombs() -> Iterator[tuple[str, bytes]]:
    """Yield each bomb with its name."""
    plain = {
        WIDTH: (LONG, 1, 40),
        HEIGHT: (LONG, 1, 20),
        BITS: (SHORT, 1, 8),
        COMPRESSION: (SHORT, 1, 1),
        COLOURS: (SHORT, 1, 1),
        STRIPS: (LONG, 1, 8),
        SAMPLES: (SHORT, 1, 1),
        ROWS: (LONG, 1, 20),
        LENGTHS: (LONG, 1, 800),
    }
    huge = {WIDTH: (LONG, 1, 7000), HEIGHT: (LONG, 1, 7000)}
    changes: dict[str, Tags] = {
        "2,147,483,647 pixels wide": {WIDTH: (LONG, 1, 2**31 - 1)},
        "49 megapixels, and no data": huge,
        "strips of one row": {**huge, ROWS: (LONG, 1, 1)},
        "4,294,967,295 strips": {STRIPS: (LONG, MOST, 8), LENGTHS: (LONG, MOST, 8)},
        "5,000,000 strips": {STRIPS: (LONG, 5_000_000, 8), LENGTHS: (LONG, 5_000_000, 8)},
        "65,535 samples": {SAMPLES: (SHORT, 1, 65_535)},
        "64 bits": {BITS: (SHORT, 1, 64)},
        "65,535 x 8 bits": {BITS: (SHORT, 65_535, 8), SAMPLES: (SHORT, 1, 4)},
        "4,294,967,295 bytes of EXIF": {34665: (7, MOST, 8)},
        "EXIF that is the image's own directory": {34665: (LONG, 1, 8)},
        "a profile of 20 MB": {34675: (7, 20_000_000, 8)},
        "a tag of 5,000,000 fractions": {282: (5, 2_500_000, 8)},
        "no height": {HEIGHT: (LONG, 1, 0)},
    }
    for name, compression in PACKINGS.items():
        one_strip = {COMPRESSION: (SHORT, 1, compression), ROWS: (LONG, 1, 7000)}
        changes[f"{name} and a strip of 49 megapixels"] = {**huge, **one_strip}
        changes[f"{name} and tiles of 1 x 1"] = {**huge, **_tiled(1, compression)}
        changes[f"{name} and tiles of 65,520 x 65,520"] = _tiled(65_520, compression)
        changes[f"{name} and tiles of 16 x 16"] = {**huge, **_tiled(16, compression)}
    for name, tags in changes.items():
        yield f"tiff with {name}", _tiff({**plain, **tags})
    yield "tiff that is its own next page", _tiff(plain, next_at=8)
    yield "tiff with 65,535 tags", _tiff({**plain, **dict.fromkeys(range(300, 65500), (LONG, 1, 1))})
    pages = [corner()] * 300
    yield "tiff with 301 pages", encode(corner(), "TIFF", save_all=True, append_images=pages)
    for packing in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "zstd"):
        large = Image.new("RGB", (7000, 7000))
        yield f"tiff of 49 megapixels in {packing}", encode(large, "TIFF", compression=packing)
    large = Image.new("1", (7000, 7000))
    yield "tiff of 49 megapixels in group4", encode(large, "TIFF", compression="group4")


def _tiled(side: int, compression: int) -> Tags:
    return {
        COMPRESSION: (SHORT, 1, compression),
        TILE_WIDTH: (LONG, 1, side),
        TILE_HEIGHT: (LONG, 1, side),
        TILES: (LONG, 1, 8),
        TILE_LENGTHS: (LONG, 1, 1000),
    }


def _tiff(tags: Tags, next_at: int = 0) -> bytes:
    entries = b"".join(struct.pack("<HHII", tag, *tags[tag]) for tag in sorted(tags))
    directory = struct.pack("<H", len(tags)) + entries + struct.pack("<I", next_at)
    return b"II*\0\x08\0\0\0" + directory + bytes(20_000_000)
