"""Pictures that were damaged by a seed: bytes set, cut, doubled, moved; PNGs with their checksums mended."""

import struct
import zlib
from collections.abc import Callable, Iterator
from random import Random

from tests.corpora.samples import samples

BORDERS = tuple(map(bytes.fromhex, ("00", "ff", "7f", "80", "00000000", "ffffffff", "7fffffff", "ffffff7f")))
PNG = b"\x89PNG\r\n\x1a\n"


def mutations(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """So many damaged pictures, each with a name that makes it again."""
    for n in range(count):
        name = f"{seed}/{n}"
        yield name, mutation(name)


def mutation(name: str) -> bytes:
    """The one of this name."""
    chance = Random(name)
    data = bytearray(chance.choice(samples()))
    for _ in range(chance.choice((1, 1, 2, 3, 6, 12))):
        chance.choice(DEEDS)(chance, data)
    if data.startswith(PNG) and chance.random() < 0.8:
        mend(data)
    return bytes(data)


def place(chance: Random, data: bytearray) -> int:
    """Somewhere; headers are where it hurts."""
    return chance.randrange(min(len(data), chance.choice((64, 300, len(data)))) or 1)


def flip(chance: Random, data: bytearray) -> None:
    at = place(chance, data)
    data[at : at + 1] = bytes([(data[at] if data else 0) ^ (1 << chance.randrange(8))])


def write(chance: Random, data: bytearray) -> None:
    at, new = place(chance, data), chance.choice((*BORDERS, chance.randbytes(chance.randint(1, 8))))
    data[at : at + len(new)] = new


def insert(chance: Random, data: bytearray) -> None:
    at = place(chance, data)
    data[at:at] = chance.randbytes(chance.randint(1, 40))


def remove(chance: Random, data: bytearray) -> None:
    at = place(chance, data)
    del data[at : at + chance.randint(1, 40)]


def double(chance: Random, data: bytearray) -> None:
    at = place(chance, data)
    part = bytes(data[at : at + chance.choice((4, 16, 200))])
    to = place(chance, data)
    data[to:to] = part * chance.choice((1, 1, 2, 50))


def cut(chance: Random, data: bytearray) -> None:
    del data[chance.randint(0, len(data)) :]


def splice(chance: Random, data: bytearray) -> None:
    other = chance.choice(samples())
    data[place(chance, data) :] = other[chance.randrange(len(other)) :]


type Deed = Callable[[Random, bytearray], None]
DEEDS: tuple[Deed, ...] = (flip, write, write, write, insert, remove, double, cut, splice)


def mend(data: bytearray) -> None:
    """Make the checksums right again, so that what was damaged is read."""
    at = len(PNG)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        end = at + 8 + length
        if end + 4 > len(data):
            return
        struct.pack_into(">I", data, end, zlib.crc32(data[at + 4 : end]))
        at = end + 4
