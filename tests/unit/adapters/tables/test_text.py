"""CSV files: gzip and encodings."""

# ruff: noqa: RUF001 - letters that look like others are what this is about

import codecs
import gzip
import time
import zlib
from random import Random

import pytest

from catalight.adapters.tables import gunzip
from catalight.adapters.tables.read import read
from catalight.domain.catalogue.encodings import ENCODINGS
from catalight.domain.catalogue.files import Options, Table, TextFile
from catalight.domain.errors import CatalogueError, OptionError, Problem
from tests.unit.adapters.tables.writing import by_openpyxl

CSV = "SKU,Title,Image\r\nA1,{},https://example.com/a.jpg\r\n"

WORDS = {
    "windows-1252": [
        *("Größe", "für", "Stühle weiß", "Möbel", "crème brûlée", "Cañón", "garçon très élégant", "maçã"),
        *("calções de banho", "Blåbær smørrebrød", "CAFÉ", "10 € Stück", "Ø 20 cm", "20 °C", "L’été"),
    ],
    "windows-1250": [
        *("Żółty stół", "łóżko drewniane", "Kožená peněženka", "řezačka", "příborník", "Kék cipő, női"),
        *("krzesło obrotowe", "šedá židle", "Żółty stół i kožená peněženka"),
    ],
    "iso-8859-2": ["Żółty stół", "Kožená peněženka šedá", "łóżko ąę"],
    "iso-8859-15": ["10 € Größe", "cœur"],
    "windows-1251": ["Стол деревянный", "Кресло", "СТОЛ", "чёрный диван", "Стіл дерев'яний"],
    "koi8-r": ["Стол деревянный", "красный диван"],
    "ibm866": ["Стол деревянный", "красный диван"],
    "iso-8859-5": ["красный диван"],
    "windows-1254": ["Ayakkabı kırmızı", "Gömlek yeşil", "Çanta büyük ışık", "İstanbul"],
    "windows-1253": ["Καρέκλα ξύλινη", "κόκκινο φόρεμα", "Άσπρο τραπέζι"],
    "shift_jis": ["赤いシャツ", "テーブル 木製", "椅子", "ソファ", "赤色"],
    "gb18030": ["红色衬衫", "木制桌子", "椅子", "不锈钢水杯"],
    "big5": ["紅色襯衫", "木製桌子"],
    "euc-kr": ["빨간 셔츠", "의자", "가죽 가방"],
    "ibm850": ["Stühle weiß", "Größe", "élégant"],
    "macintosh": ["Größe", "Stühle weiß", "crème brûlée"],
}


def text(data: bytes, encoding: str | None = None) -> TextFile:
    """Read a CSV file."""
    found = read(data, Options(encoding=encoding))
    assert isinstance(found, TextFile)
    return found


def refused(data: bytes, encoding: str | None = None) -> Problem:
    """The one problem of a file."""
    with pytest.raises(CatalogueError) as caught:
        read(data, Options(encoding=encoding))
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(("name", "word"), [(name, word) for name, words in WORDS.items() for word in words])
def test_the_encoding_of_a_word_is_guessed_and_said(name: str, word: str) -> None:
    written = CSV.format(word)
    found = text(written.encode(ENCODINGS[name]))
    assert found.text == written
    (warning,) = found.warnings
    assert (warning.code, warning.line) == ("encoding_guessed", 2)
    assert str(warning.found) in written
    assert not str(warning.found).isascii()
    assert f"read as {found.encoding}," in warning.message
    assert f'"{warning.found}"' in warning.message


@pytest.mark.parametrize("name", WORDS)
def test_the_words_of_an_encoding_together_have_its_name(name: str) -> None:
    rows = "".join(CSV.format(word) for word in WORDS[name])
    found = text(rows.encode(ENCODINGS[name]))
    assert (found.text, found.encoding) == (rows, name)


@pytest.mark.parametrize(
    ("data", "marked"),
    [
        (CSV.format("Größe").encode(), False),
        (CSV.format("Größe").encode("utf-8-sig"), True),
        (codecs.BOM_UTF8 + CSV.format("Größe").encode("utf-8-sig"), True),
        (CSV.format("Größe").encode("utf-16"), True),
        (CSV.format("Größe").encode("utf-16-be"), True),
    ],
)
def test_utf_8_and_utf_16_need_no_guess(data: bytes, marked: bool) -> None:
    found = text(data)
    assert (found.text, found.marked, found.warnings) == (CSV.format("Größe"), marked, ())


def test_a_mark_of_utf_8_before_another_encoding_is_dropped() -> None:
    found = text(codecs.BOM_UTF8 + CSV.format("Größe für Stühle").encode("cp1252"))
    assert (found.text, found.encoding) == (CSV.format("Größe für Stühle"), "windows-1252")


def test_the_named_encoding_is_used() -> None:
    data = CSV.format("Größe").encode("cp1252")
    assert text(data, "Windows-1252") == TextFile(CSV.format("Größe"), marked=False, encoding="windows-1252")
    assert "GrцЯe" in text(data, "windows-1251").text
    assert text(CSV.format("Größe").encode("utf-8-sig"), "utf8").text == CSV.format("Größe")
    assert text(CSV.format("Größe").encode("utf-8-sig"), "cp1252").text == CSV.format("GrÃ¶ÃŸe")
    assert text(CSV.format("赤").encode("cp932"), "sjis").text == CSV.format("赤")


def test_an_encoding_without_a_known_name() -> None:
    for name in ("rot13", "zip", "base64", "utf-7", "idna", "", "x" * 500):
        with pytest.raises(OptionError) as caught:
            read(b"a,b", Options(encoding=name))
        assert caught.value.field == "encoding"
        assert len(caught.value.found) <= 80


@pytest.mark.parametrize("name", ENCODINGS)
def test_every_name_stands_for_a_codec_of_texts(name: str) -> None:
    written = CSV.format("x")
    assert text(written.encode(ENCODINGS[name]), name).text == written


def test_bytes_that_the_named_encoding_does_not_have() -> None:
    problem = refused(b"a,b\r\nc\r\xff,d", "us-ascii")
    assert (problem.code, problem.line, problem.found) == ("undecodable", 3, "0xFF")
    assert refused("a,\ud800".encode("utf-16-le", "surrogatepass"), "utf-16le").code == "undecodable"


def test_utf_8_with_some_broken_bytes_is_not_guessed() -> None:
    """To read it as Windows-1252 would spoil each of its valid characters."""
    data = CSV.format("Größe für Stühle").encode() + b"A2,Gr\xf6\xdfe,x\r\n"
    problem = refused(data)
    assert (problem.code, problem.line, problem.found) == ("undecodable", 3, "0xF6")


def test_bytes_that_are_no_text() -> None:
    noise = Random(1).randbytes(2_000).replace(b"\0", b"").replace(b"\x1f\x8b", b"")
    assert refused(b"a" + noise).code == "undecodable"


def test_the_guess_costs_little_beside_the_decoding_of_a_large_file() -> None:
    data = CSV.format("Größe").encode("cp1252") + b"x,y,https://example.com/image.jpg\r\n" * 300_000
    started = time.process_time()
    data.decode("cp1252").encode().decode()
    needed = time.process_time() - started
    started = time.process_time()
    assert text(data).encoding == "windows-1252"
    assert time.process_time() - started < 20 * needed + 0.5


def test_gzip_of_csv_and_of_a_workbook() -> None:
    found = text(gzip.compress(CSV.format("x").encode()))
    assert (found.text, found.gzipped, found.warnings) == (CSV.format("x"), True, ())
    workbook = read(gzip.compress(by_openpyxl([["a", "b"]])))
    assert isinstance(workbook, Table)
    assert (workbook.rows[0].cells, workbook.gzipped) == (["a", "b"], True)
    guessed = text(gzip.compress(CSV.format("Größe").encode("cp1252")))
    assert [one.code for one in guessed.warnings] == ["encoding_guessed"]


def test_all_members_of_a_gzip_file_are_read() -> None:
    halves = [gzip.compress(part.encode()) for part in ("a,b\r\n", "c,d\r\n")]
    assert text(b"".join(halves)).text == "a,b\r\nc,d\r\n"
    assert text(b"".join(halves) + bytes(512)).warnings == ()
    found = text(b"".join(halves) + b"other data")
    assert (found.text, [one.code for one in found.warnings]) == ("a,b\r\nc,d\r\n", ["gzip_trailing_data"])


def test_damaged_gzip_files() -> None:
    data = gzip.compress(CSV.format("x").encode() * 1_000)
    assert refused(data[:-9]).code == "corrupt_gzip"
    assert refused(data[:2]).code == "corrupt_gzip"
    assert refused(data[:-5] + bytes((data[-5] ^ 1,)) + data[-4:]).code == "corrupt_gzip"
    assert refused(b"\x1f\x8b" + bytes(30)).code == "corrupt_gzip"
    assert refused(gzip.compress(data)).code == "gzip_twice"
    assert refused(gzip.compress(b"")).code == "empty_file"
    assert refused(gzip.compress(b"") * 10_001).code == "corrupt_gzip"


def test_gzip_unpacks_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gunzip, "MAX_BYTES", 100_000)
    assert len(text(gzip.compress(b"a" * 100_000)).text) == 100_000
    assert refused(gzip.compress(b"a" * 100_001)).code == "gzip_too_large"
    assert refused(gzip.compress(b"a" * 60_000) * 2).code == "gzip_too_large"
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(30)) + packer.flush()
    assert refused(bomb).code == "gzip_too_large"
