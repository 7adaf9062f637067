"""Scratch files are unbuffered: a write may store less than it was given, as on a disk that is full."""

import io
from pathlib import Path
from typing import Any

import pytest

from catalight.adapters.tables.large.scratch import ScratchRows
from catalight.adapters.tables.large.strings import StringsOnDisk


class _Short(io.FileIO):
    def write(self, data: Any) -> int:
        return super().write(data[:7])


@pytest.fixture
def short(tmp_path: Path) -> Any:
    with _Short(tmp_path / "scratch", "w+b") as file:
        yield file


def test_rows_are_written_whole(short: Any) -> None:
    rows = ScratchRows(short)
    lines = [(number, b"[%d,[]]\n" % number) for number in range(1, 20)]
    for number, line in lines:
        rows.add(number, line)
    rows.flush()
    assert list(rows.lines()) == lines


def test_strings_are_written_whole(short: Any) -> None:
    texts = [f"text {number}" for number in range(100)]
    assert list(StringsOnDisk(short, texts)) == texts
