"""The shared strings of a large workbook, in a file: a block of them is a line of JSON."""

import json
from array import array
from collections.abc import Iterable, Sequence
from typing import BinaryIO, overload

from catalight.adapters.tables.large.scratch import write_all
from catalight.domain.catalogue.plain_rows import to_line

BLOCK = 32  # strings
KEPT_CHARACTERS = 16_000_000  # of the blocks in memory
_OF_OBJECT = 60  # characters that a string is counted beyond its own
_BUFFER = 1 << 20  # bytes


class StringsOnDisk(Sequence[str]):
    """Strings by their index. Their order in a sheet is mostly that of the file, so blocks are read ahead."""

    def __init__(self, file: BinaryIO, texts: Iterable[str]) -> None:
        """Write all strings to a file that can be read again."""
        self._file = file
        self._starts = array("Q", (0,))  # of the blocks, and the end
        self._length = 0
        self._blocks: dict[int, list[str]] = {}
        self._kept = 0
        self._write(texts)

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            raise TypeError("strings are read one by one")
        if not 0 <= index < self._length:
            raise IndexError(index)
        number, place = divmod(index, BLOCK)
        block = self._blocks.get(number)
        return (self._read(number) if block is None else block)[place]

    def _write(self, texts: Iterable[str]) -> None:
        block, buffer, position = list[str](), bytearray(), 0
        for text in texts:
            block.append(text)
            if len(block) == BLOCK:
                buffer += to_line(block)
                self._length += len(block)
                self._starts.append(position + len(buffer))
                block = []
                if len(buffer) >= _BUFFER:
                    write_all(self._file, buffer)
                    position += len(buffer)
                    buffer = bytearray()
        if block:
            buffer += to_line(block)
            self._length += len(block)
            self._starts.append(position + len(buffer))
        write_all(self._file, buffer)
        self._file.flush()

    def _read(self, number: int) -> list[str]:
        start, end = self._starts[number], self._starts[number + 1]
        self._file.seek(start)
        block: list[str] = json.loads(self._file.read(end - start))
        self._kept += sum(map(len, block)) + _OF_OBJECT * len(block)
        if self._kept > KEPT_CHARACTERS:
            self._blocks, self._kept = {}, 0
        self._blocks[number] = block
        return block
