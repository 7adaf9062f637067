"""Images damaged by a seed: bytes set, cut, repeated or spliced; most PNGs get valid checksums again."""

import struct
import zlib
from collections.abc import Callable, Iterator
from random import Random

from tests.corpora.samples import samples

BORDERS = tuple(map(bytes.fromhex, ("00", "ff", "7f", "80", "00000000", "ffffffff", "7fffffff", "ffffff7f")))
PNG = b"\x89PNG\r\n\x1a\n"


def mutations(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Yield `count` damaged images, each with the name that reproduces it."""
    for n in range(count):
        name = f"{seed}/{n}"
        yield name, mutation(name)


def mutation(name: str) -> bytes:
    """Return the damaged image of a name."""
    chance = Random(name)
    data = bytearray(chance.choice(samples()))
    for _ in range(chance.choice((1, 1, 2, 3, 6, 12))):
        chance.choice(MUTATORS)(chance, data)
    if data.startswith(PNG) and chance.random() < 0.8:
        fix_checksums(data)
    return bytes(data)


def position(chance: Random, data: bytearray) -> int:
    """Return a random position, more often in the header, which is the most sensitive part."""
    return chance.randrange(min(len(data), chance.choice((64, 300, len(data)))) or 1)


def flip(chance: Random, data: bytearray) -> None:
    at = position(chance, data)
    data[at : at + 1] = bytes([(data[at] if data else 0) ^ (1 << chance.randrange(8))])


def write(chance: Random, data: bytearray) -> None:
    at, new = position(chance, data), chance.choice((*BORDERS, chance.randbytes(chance.randint(1, 8))))
    data[at : at + len(new)] = new


def insert(chance: Random, data: bytearray) -> None:
    at = position(chance, data)
    data[at:at] = chance.randbytes(chance.randint(1, 40))


def remove(chance: Random, data: bytearray) -> None:
    at = position(chance, data)
    del data[at : at + chance.randint(1, 40)]


def double(chance: Random, data: bytearray) -> None:
    at = position(chance, data)
    part = bytes(data[at : at + chance.choice((4, 16, 200))])
    to = position(chance, data)
    data[to:to] = part * chance.choice((1, 1, 2, 50))


def cut(chance: Random, data: bytearray) -> None:
    del data[chance.randint(0, len(data)) :]


def splice(chance: Random, data: bytearray) -> None:
    other = chance.choice(samples())
    data[position(chance, data) :] = other[chance.randrange(len(other)) :]


type Mutator = Callable[[Random, bytearray], None]
MUTATORS: tuple[Mutator, ...] = (flip, write, write, write, insert, remove, double, cut, splice)


def fix_checksums(data: bytearray) -> None:
    """Recompute the PNG checksums, so that the decoder reads the damaged chunks."""
    at = len(PNG)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        end = at + 8 + length
        if end + 4 > len(data):
            return
        struct.pack_into(">I", data, end, zlib.crc32(data[at + 4 : end]))
        at = end + 4
