"""What a child process sends is what it has read."""

import gzip
from pathlib import Path

import pytest

from catalight.adapters.tables.read import read
from catalight.adapters.tables.wire import packed, unpacked

SAMPLES = Path(__file__).parent / "samples"
FILES = {
    "ods": (SAMPLES / "libreoffice.ods").read_bytes(),
    "gzip of xls": gzip.compress((SAMPLES / "products.xls").read_bytes()),
    "csv": "\ufeffSKU,Title\r\n1,Größe\u2028\x00\r\n".encode(),
    "guessed": "SKU,Title\r\n1,Größe\r\n".encode("cp1252"),
}


@pytest.mark.parametrize("kind", FILES)
def test_it_comes_back(kind: str) -> None:
    found = read(FILES[kind])
    assert unpacked(packed(found)) == found
