"""How many images a function can process at once, given its memory."""

from dataclasses import dataclass
from itertools import count, takewhile

from catalight.domain.image.limits import LIMITS

MIB = 1 << 20
DOWNLOADS = 10  # at once
SOURCE_BYTES = 25_000_000  # limit of one download
# Lambda adds one vCPU for each of these: docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
_BYTES_PER_VCPU = 1_769 * MIB
_PROCESS_BYTES = 100 * MIB  # interpreter, libraries, clients and their connections
_WAITING_BYTES = 2 * LIMITS.output_bytes


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many images are coded at once, each in its own process with at most `memory` bytes.

    `waiting` limits the bytes of the outputs that wait for the store. All of this fits in memory, whatever
    the images are, together with one source for each download. For each image that is coded, its source and
    its output in in-memory files are counted too, and the output once more while it is read.
    """

    coders: int
    memory: int
    waiting: int = _WAITING_BYTES


def capacity(megabytes: int) -> Capacity:
    """Return the capacity of a function with this many MiB of memory.

    It codes one image at once for each vCPU, a partial one included, as long as each image may use the
    memory that the largest needs.
    """
    memory = megabytes * MIB
    wanted = -(-memory // _BYTES_PER_VCPU)
    affordable = takewhile(lambda coders: _memory_per_coder(memory, coders) >= LIMITS.memory, count(2))
    coders = min(wanted, max(affordable, default=1))
    return Capacity(coders, _memory_per_coder(memory, coders))


def _memory_per_coder(memory: int, coders: int) -> int:
    files = 2 * LIMITS.output_bytes + SOURCE_BYTES  # of one coder, outside its process
    reserved = _PROCESS_BYTES + DOWNLOADS * SOURCE_BYTES + _WAITING_BYTES + coders * files
    return (memory - reserved) // coders
