"""What a function of some memory can do at once."""

from dataclasses import dataclass
from itertools import count, takewhile

from catalight.domain.image.limits import LIMITS

MIB = 1 << 20
DOWNLOADS = 10  # at once
SOURCE_BYTES = 25_000_000  # at most, of one download
_VCPU = (
    1_769 * MIB
)  # of memory come with each: docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
_PROCESS_BYTES = 100 * MIB  # interpreter, libraries, clients and their connections
_WAITING_BYTES = 2 * LIMITS.output_bytes


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many pictures are coded at once, and the bytes that each may take, in a process of its own.

    `waiting` is the bytes of outputs that may wait for the store. It all fits, whatever the pictures are:
    with as many sources as there are downloads, and for each picture that is coded its source and its output
    in files in memory, and the output once more as it is read.
    """

    coders: int
    memory: int
    waiting: int = _WAITING_BYTES


def capacity(megabytes: int) -> Capacity:
    """What a function with so many MiB of memory can do: one picture at once for each vCPU that is begun, as
    long as each may take what the largest needs."""
    memory = megabytes * MIB
    wanted = -(-memory // _VCPU)
    able = takewhile(lambda coders: _share(memory, coders) >= LIMITS.memory, count(2))
    coders = min(wanted, max(able, default=1))
    return Capacity(coders, _share(memory, coders))


def _share(memory: int, coders: int) -> int:
    beside = 2 * LIMITS.output_bytes + SOURCE_BYTES
    own = _PROCESS_BYTES + DOWNLOADS * SOURCE_BYTES + _WAITING_BYTES + coders * beside
    return (memory - own) // coders
