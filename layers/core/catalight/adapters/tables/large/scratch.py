"""Rows in a scratch file: written in their order, then read in that order and by their line."""

import json
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import IO, BinaryIO

_BUFFER = 1 << 20  # bytes
_KEPT = 64  # rows that formulas refer to


def write_all(file: IO[bytes], data: bytes | bytearray) -> None:
    """Write all of `data` to an unbuffered file, whose `write` may write less, as on a disk that is full."""
    with memoryview(data) as whole:
        written = 0
        while written < len(whole):
            written += file.write(whole[written:])


class ScratchRows:
    """The lines of rows, with the number and the place of each in memory: 12 bytes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._buffer = bytearray()
        self._written = 0
        self._starts = array("Q")
        self.numbers = array("I")  # the numbers of the rows, in ascending order
        self._cells: dict[int, list[str]] = {}

    def add(self, number: int, line: bytes) -> None:
        """Add the line of the next row."""
        self._starts.append(self._written + len(self._buffer))
        self.numbers.append(number)
        self._buffer += line
        if len(self._buffer) >= _BUFFER:
            self.flush()

    def flush(self) -> None:
        """Write what is not written yet, so that rows can be read."""
        write_all(self._file, self._buffer)
        self._written += len(self._buffer)
        self._buffer = bytearray()

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield the number and the line of each row."""
        rest, position, index = b"", 0, 0
        while True:
            self._file.seek(position)
            piece = self._file.read(_BUFFER)
            position += len(piece)
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                yield self.numbers[index], line + b"\n"
                index += 1
            if not piece:
                return

    def text(self, number: int, column: int) -> str:
        """Return the text of a cell, "" if there is none."""
        cells = self._cells.get(number)
        if cells is None:
            if len(self._cells) >= _KEPT:
                self._cells = {}
            cells = self._cells[number] = self._read(number)
        return cells[column] if column < len(cells) else ""

    def _read(self, number: int) -> list[str]:
        index = bisect_left(self.numbers, number)
        if index == len(self.numbers) or self.numbers[index] != number:
            return []
        start = self._starts[index]
        end = self._starts[index + 1] if index + 1 < len(self._starts) else self._written
        self._file.seek(start)
        cells: list[str] = json.loads(self._file.read(end - start))[1]
        return cells
