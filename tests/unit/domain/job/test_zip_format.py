"""ZIPs as other programs read them: Python's zipfile and Info-ZIP's unzip."""

import io
import shutil
import struct
import subprocess
import warnings
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.domain.job import export
from catalight.domain.job.zip_format import Entry, end

TIME = datetime(2026, 11, 28, 21, 30, 58, tzinfo=UTC)
GIB = 1 << 30
UNZIP = shutil.which("unzip")


class Sparse(io.RawIOBase):
    """A file of which only some pieces are stored; the rest is zeros."""

    def __init__(self, pieces: dict[int, bytes], size: int) -> None:
        self._pieces, self._size, self._at = pieces, size, 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def read(self, size: int = -1) -> bytes:
        size = self._size - self._at if size < 0 else min(size, self._size - self._at)
        assert size < 100_000_000, "reads what is not stored"
        found = bytearray(size)
        for begin, piece in self._pieces.items():
            first, last = max(begin, self._at), min(begin + len(piece), self._at + size)
            if first < last:
                found[first - self._at : last - self._at] = piece[first - begin : last - begin]
        self._at += size
        return bytes(found)


def sparse_zip(sizes: list[int], names: list[str]) -> tuple[Sparse, list[Entry]]:
    """A ZIP of files of these sizes, whose bytes are not stored."""
    pieces, entries, at = dict[int, bytes](), list[Entry](), 0
    for size, name in zip(sizes, names, strict=True):
        entries.append(Entry(name, size, 7, at, TIME))
        pieces[at] = entries[-1].local_header()
        at += len(pieces[at]) + size
    directory = b"".join(entry.directory_header() for entry in entries)
    pieces[at] = directory + end(len(entries), at, len(directory))
    return Sparse(pieces, at + len(pieces[at])), entries


def whole_zip(files: dict[str, bytes]) -> bytes:
    out, entries = io.BytesIO(), list[Entry]()
    for name, data in files.items():
        entries.append(Entry(name, len(data), zlib.crc32(data), out.tell(), TIME))
        out.write(entries[-1].local_header() + data)
    at = out.tell()
    out.write(b"".join(entry.directory_header() for entry in entries))
    out.write(end(len(entries), at, out.tell() - at))
    return out.getvalue()


def unzip(data: bytes, folder: Path, *options: str) -> str:
    """What unzip says of a ZIP in this folder."""
    if UNZIP is None:
        warnings.warn(
            "NOT TESTED with unzip, which is not installed (Debian: apt install unzip)", stacklevel=2
        )
        pytest.skip("unzip is not installed: apt install unzip")
    (folder / "a.zip").write_bytes(data)
    done = subprocess.run([UNZIP, *options, "a.zip"], cwd=folder, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


FILES = {"a.csv": b"x" * 1000, "ordner/größe-ж-日本.jpg": b"\0\xff" * 99, "empty.txt": b""}


def test_python_reads_names_bytes_and_times() -> None:
    with zipfile.ZipFile(io.BytesIO(whole_zip(FILES))) as archive:
        assert archive.testzip() is None
        assert {info.filename: archive.read(info) for info in archive.infolist()} == FILES
        info = archive.infolist()[0]
        assert info.date_time == (2026, 11, 28, 21, 30, 58)
        assert info.external_attr >> 16 == 0o100644


def test_unzip_finds_no_error_and_writes_the_files(tmp_path: Path) -> None:
    assert "No errors detected" in unzip(whole_zip(FILES), tmp_path, "-t")
    unzip(whole_zip(FILES), tmp_path, "-q")
    for name in ("a.csv", "ordner/größe-ж-日本.jpg", "empty.txt"):
        assert (tmp_path / name).read_bytes() == FILES[name]


@pytest.mark.parametrize("entries", [0xFFFE, 0xFFFF, 0x10000, 70_000])
def test_more_entries_than_a_plain_zip_holds(entries: int, tmp_path: Path) -> None:
    data = whole_zip({f"{n}.jpg": b"" for n in range(entries)})
    assert (b"PK\x06\x06" in data) == (entries >= 0xFFFF)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert len(archive.infolist()) == entries
    if entries == 70_000:
        assert "No errors detected" in unzip(data, tmp_path, "-tq")


@given(
    st.lists(
        st.one_of(
            st.integers(0, 1000),
            st.integers(4 * GIB - 200, 4 * GIB + 200),
            st.integers(GIB, 900 * GIB),
        ),
        max_size=12,
    )
)
def test_sizes_and_places_beyond_4_gib_are_read_back(sizes: list[int]) -> None:
    names = [f"{number}/ü.jpg" for number in range(len(sizes))]
    file, entries = sparse_zip(sizes, names)
    with zipfile.ZipFile(file) as archive:
        found = archive.infolist()
        assert [(i.filename, i.file_size, i.compress_size, i.header_offset, i.CRC) for i in found] == [
            (entry.name, entry.size, entry.size, entry.offset, entry.crc) for entry in entries
        ]
        for info in found:
            archive.open(info).close()  # reads the local header, and compares the names
    for entry in entries:
        header = entry.local_header()
        large = entry.size >= 0xFFFFFFFF
        assert struct.unpack("<H", header[4:6])[0] == (45 if large else 20)
        if large:
            assert header[-20:] == struct.pack("<2H2Q", 1, 16, entry.size, entry.size)


def test_unzip_lists_files_beyond_4_gib(tmp_path: Path) -> None:
    """On a file with holes, which takes no space."""
    file, entries = sparse_zip([5 * GIB, 10, 6 * GIB], ["large.bin", "small.txt", "far.bin"])
    path = tmp_path / "a.zip"
    with path.open("wb") as out:
        for at, piece in file._pieces.items():
            out.seek(at)
            out.write(piece)
    if UNZIP is None:
        pytest.skip("unzip is not installed: apt install unzip")
    listed = subprocess.run([UNZIP, "-v", path], capture_output=True, check=True, text=True).stdout
    for entry in entries:
        assert f"{entry.size}  Stored" in listed
    read = subprocess.run([UNZIP, "-p", path, "small.txt"], capture_output=True, check=False)
    assert read.stdout == b"\0" * 10


def test_ten_thousand_parts_are_enough_and_each_is_within_the_bounds_of_s3() -> None:
    sizes = [export.part_size(number) for number in range(1, export.MAX_PARTS + 1)]
    assert min(sizes) >= export.MIN_PART
    assert max(sizes) <= 5 << 30
    assert sum(sizes) >= 5 * 10**12
    assert sizes == sorted(sizes)
    total, largest = 0, 0
    for size in sizes:
        if total < export.MAX_ZIP:
            total, largest = total + size, size
    assert largest < 700_000_000  # the function's memory holds a part
