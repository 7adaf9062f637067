"""Optimal Huffman tables for the symbols of a JPEG (ITU-T T.81, annexes C and K)."""

import heapq
from collections.abc import Iterator, Mapping

from catalight.adapters.codec.jpeg.header import LONGEST_CODE, HuffmanTable

_RESERVED = -1  # a pseudo-symbol for the code of all ones, which T.81 reserves


def best(uses: Mapping[int, int]) -> HuffmanTable:
    """Return the table that codes symbols with these counts in the fewest bits."""
    lengths = _lengths({_RESERVED: 0, **uses})
    counts = [0] * (max(lengths.values()) + 1)
    for length in lengths.values():
        counts[length] += 1
    _limit(counts)
    counts[max(length for length, count in enumerate(counts) if count)] -= 1  # the reserved code
    symbols = sorted(uses, key=lambda symbol: (lengths[symbol], symbol))
    return HuffmanTable(bytes((counts + [0] * LONGEST_CODE)[1 : LONGEST_CODE + 1]), bytes(symbols))


def codes(table: HuffmanTable) -> Iterator[tuple[int, int, int]]:
    """Yield each symbol of a table with its code and the code length."""
    code, symbols = 0, iter(table.symbols)
    for length, count in enumerate(table.counts, 1):
        for _ in range(count):
            yield next(symbols), code, length
            code += 1
        code <<= 1


def _lengths(uses: Mapping[int, int]) -> dict[int, int]:
    """Return each symbol's code length: repeatedly join the two rarest branches."""
    lengths = dict.fromkeys(uses, 0)
    branches = [(count, symbol, [symbol]) for symbol, count in uses.items()]
    heapq.heapify(branches)
    while len(branches) > 1:
        (fewest, symbol, left), (few, _, right) = heapq.heappop(branches), heapq.heappop(branches)
        joined = left + right
        for deeper in joined:
            lengths[deeper] += 1
        heapq.heappush(branches, (fewest + few, symbol, joined))
    return lengths


def _limit(counts: list[int]) -> None:
    """Limit codes to 16 bits: one of a pair takes its prefix, the other and a shorter code split that one."""
    for length in range(len(counts) - 1, LONGEST_CODE, -1):
        while counts[length]:
            shorter = max(i for i in range(length - 1) if counts[i])
            counts[length] -= 2
            counts[length - 1] += 1
            counts[shorter + 1] += 2
            counts[shorter] -= 1
