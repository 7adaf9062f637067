"""The Huffman tables that suit a JPEG's symbols best (ITU-T T.81, annexes C and K)."""

import heapq
from collections.abc import Iterator, Mapping

from catalight.adapters.codec.jpeg.header import LONGEST_CODE, Codes

_NOBODY = -1  # has the code of ones alone, which is reserved


def best(uses: Mapping[int, int]) -> Codes:
    """The table in which symbols that are used so often take the fewest bits."""
    lengths = _lengths({_NOBODY: 0, **uses})
    counts = [0] * (max(lengths.values()) + 1)
    for length in lengths.values():
        counts[length] += 1
    _limit(counts)
    counts[max(length for length, count in enumerate(counts) if count)] -= 1  # nobody's
    symbols = sorted(uses, key=lambda symbol: (lengths[symbol], symbol))
    return Codes(bytes((counts + [0] * LONGEST_CODE)[1 : LONGEST_CODE + 1]), bytes(symbols))


def codes(table: Codes) -> Iterator[tuple[int, int, int]]:
    """Each symbol of a table with its code and that one's length."""
    code, symbols = 0, iter(table.symbols)
    for length, count in enumerate(table.counts, 1):
        for _ in range(count):
            yield next(symbols), code, length
            code += 1
        code <<= 1


def _lengths(uses: Mapping[int, int]) -> dict[int, int]:
    """The bits of each symbol's code: the two rarest share a branch, again and again."""
    lengths = dict.fromkeys(uses, 0)
    branches = [(count, symbol, [symbol]) for symbol, count in uses.items()]
    heapq.heapify(branches)
    while len(branches) > 1:
        (fewest, symbol, below), (few, _, beside) = heapq.heappop(branches), heapq.heappop(branches)
        below = below + beside
        for grown in below:
            lengths[grown] += 1
        heapq.heappush(branches, (fewest + few, symbol, below))
    return lengths


def _limit(counts: list[int]) -> None:
    """Shorten codes of more than 16 bits: a pair's prefix, and a shorter code's place shared by two."""
    for length in range(len(counts) - 1, LONGEST_CODE, -1):
        while counts[length]:
            shorter = max(i for i in range(length - 1) if counts[i])
            counts[length] -= 2
            counts[length - 1] += 1
            counts[shorter + 1] += 2
            counts[shorter] -= 1
