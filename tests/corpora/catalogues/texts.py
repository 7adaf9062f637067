"""CSV as programs write it: delimiters, line ends, quotes, lines above the header, encodings, gzip."""

# ruff: noqa: RUF001 - letters of many languages

import codecs
import gzip
from collections.abc import Iterator
from typing import Any

from catalight.domain.catalogue.encodings import ENCODINGS
from tests.corpora.catalogues.case import CLASSIC, HOST, A, B, C, Case, classic, table

_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "tilde": "~"}
_PHOTOS: dict[str, Any] = {"images": ("Photo",), "serial": "SKU", "name": "Title", "reason": "names"}
_ENCODED = {
    "windows-1252": "Stühle für Gäste, crème brûlée",
    "iso-8859-15": "10 € Größe, cœur",
    "windows-1250": "Żółty stół i kožená peněženka",
    "iso-8859-2": "Żółty stół, kožená šedá, łóżko ąę",
    "windows-1251": "Стол деревянный, чёрный диван",
    "windows-1253": "Καρέκλα ξύλινη, Άσπρο τραπέζι",
    "windows-1254": "Ayakkabı kırmızı, Gömlek yeşil, büyük ışık",
    "iso-8859-5": "красный диван",
    "koi8-r": "Стол деревянный, красный диван",
    "ibm850": "Stühle weiß, élégant",
    "ibm866": "Стол деревянный, красный диван",
    "macintosh": "Stühle weiß, crème brûlée",
    "shift_jis": "赤いシャツ、テーブル 木製",
    "gb18030": "红色衬衫，木制桌子，不锈钢水杯",
    "big5": "紅色襯衫，木製桌子",
    "euc-kr": "빨간 셔츠, 가죽 가방",
}
_NOT_GUESSED = {
    "iso-8859-1": "Größe für Gäste",
    "windows-1257": "Raudona kėdė žąsis",
    "euc-jp": "赤いシャツ",
    "utf-16le": "Größe",
    "tis-620": "เสื้อแดง",
}


def cases() -> Iterator[Case]:
    """Yield all of them."""
    yield from _delimited()
    yield from _written_oddly()
    yield from _below_titles()
    yield from _encoded()
    yield from _packed()


def _delimited() -> Iterator[Case]:
    for name, delimiter in _DELIMITERS.items():
        text = classic(A, f"{B}, {C}", delimiter=delimiter)
        yield Case(f"delimiters/classic-{name}.csv", text.encode(), [A, f"{B}, {C}"], delimiter=delimiter)
        photos = table([("SKU", "Title", "Photo"), ("007", "Tea; green, ~1 kg|bag", A)], delimiter, "\n")
        yield Case(f"delimiters/photos-{name}.csv", photos.encode(), [A], delimiter=delimiter, **_PHOTOS)


def _written_oddly() -> Iterator[Case]:
    def case(file: str, text: str, *rows: str, **fields: Any) -> Case:
        return Case(f"csv/{file}.csv", text.encode(), rows or [A], **fields)

    header = ",".join(CLASSIC)
    yield case("line-feeds", classic(A, newline="\n"))
    yield case("carriage-returns", classic(A, newline="\r"))
    yield case("no-last-line-end", classic(A).rstrip())
    yield case("two-byte-order-marks", f"\ufeff\ufeff{classic(A)}")
    yield case("byte-order-mark-encoded-twice", f"ï»¿{classic(A)}")
    yield case("sep-line", f"sep=;\r\n{classic(A, delimiter=';')}", delimiter=";", header_row=2)
    yield case("all-quoted", f'"Serial Number","Product Name","Input Image Urls"\n"1","Tea ""x""","{A}"\n')
    yield case(
        "space-before-quotes",
        f'{", ".join(CLASSIC)}\n1, "Tea, green", "{A}, {B}"\n',
        f"{A}, {B}",
        images=(f" {CLASSIC[2]}",),
        name=f" {CLASSIC[1]}",
    )
    yield case("line-breaks-in-cells", f'{header}\n1,"Tea\ngreen","{A}\n{B}"\n2,Pot,{C}\n', f"{A}, {B}", C)
    yield case("blank-lines", f"\n\n{header}\n\n1,Tea,{A}\n\n\n2,Pot,{B}\n\n", A, B, header_row=3)
    yield case("blank-rows-of-delimiters", f"{header}\n1,Tea,{A}\n,,\n2,Pot,{B}\n", A, "", B)
    yield case("empty-cells-after-the-header", f"{header},,\n1,Tea,{A},,\n")
    yield case("empty-cells-after-a-row", f"{header}\n1,Tea,{A},,,\n")
    yield case("last-cells-missing", f"{header},Price,Stock\n1,Tea,{A}\n2,Pot,{B},1.90\n", A, B)
    yield case(
        "names-in-other-words",
        f"no.;ITEM;image_urls\n1;Tea;{A}\n",
        delimiter=";",
        images=("image_urls",),
        serial="no.",
        name="ITEM",
    )
    yield case("columns-in-another-order", f"Input Image Urls,Product Name,Serial Number\n{A},Tea,1\n")
    yield case(
        "two-image-columns-of-one-name",
        f"{header},Input Image Urls\n1,Tea,{A},{B}\n",
        f"{A}, {B}",
        images=(CLASSIC[2],) * 2,
    )
    yield case("the-own-status-column", f"{header},Status,Notes\n1,Tea,{A},active,hello\n")
    yield case("numbers-with-a-comma", f"SKU;Title;Price;Photo\n1;Tea;9,90;{A}\n", delimiter=";", **_PHOTOS)
    yield case("no-images-in-some-rows", classic(A, "", " ; "), A, "", "")
    yield case("rows-with-another-delimiter", f"{classic(A)}2;Pot;{B}\r\n", A, "", warnings=["short_row@3"])
    yield case(
        "an-unquoted-line-break",
        f"{header}\n1,Tea,{A}\n2,Pot\nwith lid,{B}\n",
        *(A, "", ""),
        warnings=["short_row@3", "short_row@4"],
    )
    yield case(
        "a-missing-cell",
        f"{header},Price\n1,Tea,{A},1\n2,{B},2\n",
        *(A, "!2"),
        warnings=["short_row@3", "invalid_url@3"],
    )
    yield case(
        "cells-in-the-wrong-order",
        f"{header}\n1,Tea,{A}\n2,{B},Pot\n",
        *(A, "!Pot"),
        warnings=["misplaced_url@3", "invalid_url@3"],
    )
    yield case("a-null-byte", f"{header}\n1,Tea\0,{A}\n")


def _below_titles() -> Iterator[Case]:
    titles = "Supplier catalogue 2026,,\r\nExported 2026-01-02,,\r\n,,\r\n"
    yield Case("headers/titles-above.csv", (titles + classic(A)).encode(), [A], header_row=4)
    photos = table([("SKU", "Title", "Photo"), ("1", "Tea", A)])
    yield Case("headers/titles-above-photos.csv", (titles + photos).encode(), [A], header_row=4, **_PHOTOS)
    yield Case(
        "headers/a-title-with-a-link.csv",
        f"Photos and terms: https://supplier.example/terms\r\n{photos}".encode(),
        [A],
        header_row=2,
        **_PHOTOS,
    )
    wordy = "Photo,from our studio\r\nof,May\r\n"
    yield Case(
        "headers/header-row.csv", (wordy + photos).encode(), [A], {"header_row": "3"}, header_row=3, **_PHOTOS
    )
    yield Case(
        "headers/header-row-of-19-titles.csv",
        ("title\r\n" * 19 + classic(A)).encode(),
        [A],
        header_row=20,
    )
    yield Case(
        "headers/header-row-far-below.csv",
        ("title\r\n" * 300 + classic(A)).encode(),
        [A],
        {"header_row": "301"},
        header_row=301,
    )


def _encoded() -> Iterator[Case]:
    def photos(word: str) -> str:
        return table([("SKU", "Title", "Photo"), ("1", word, A)])

    def case(name: str, data: bytes, encoding: str, *warnings: str, told: bool = False) -> Case:
        form = {"encoding": encoding} if told else {}
        return Case(f"encodings/{name}.csv", data, [A], form, encoding=encoding, warnings=warnings, **_PHOTOS)

    yield case("utf-8", photos("Größe 赤").encode(), "utf-8")
    yield case("utf-8-marked", photos("Größe").encode("utf-8-sig"), "utf-8")
    for order, mark in (("le", codecs.BOM_UTF16_LE), ("be", codecs.BOM_UTF16_BE)):
        data = photos("Größe 赤").encode(f"utf-16-{order}")
        yield case(f"utf-16-{order}", data, f"utf-16-{order}")
        yield case(f"utf-16-{order}-marked", mark + data, f"utf-16-{order}")
    for encoding, words in _ENCODED.items():
        data = photos(words).encode(ENCODINGS[encoding])
        yield case(f"{encoding}-guessed", data, encoding, "encoding_guessed@2")
    for encoding, words in (_NOT_GUESSED | dict(list(_ENCODED.items())[::4])).items():
        data = photos(words).encode(ENCODINGS[encoding])
        yield case(f"{encoding}-named", data, encoding, told=True)
    header = table([("Artikelnummer", "Größe", "Bild"), ("1", "42", f"{HOST}/größe.jpg")], ";")
    yield Case(
        "encodings/windows-1252-header.csv",
        header.encode("cp1252"),
        [f"{HOST}/größe.jpg"],
        encoding="windows-1252",
        delimiter=";",
        images=("Bild",),
        serial="Artikelnummer",
        name=None,
        reason="names",
        warnings=["encoding_guessed@1"],
    )


def _packed() -> Iterator[Case]:
    def case(name: str, data: bytes, *warnings: str, **fields: Any) -> Case:
        expected: dict[str, Any] = {"warnings": warnings, "gzipped": True, **fields}
        return Case(f"gzip/{name}.csv.gz", data, [A], **expected)

    packed = gzip.compress(classic(A).encode(), mtime=0)
    yield case("classic", packed)
    half = len(classic(A)) // 2
    members = [gzip.compress(part.encode(), mtime=0) for part in (classic(A)[:half], classic(A)[half:])]
    yield case("two-members", b"".join(members))
    yield case("padded-with-zeros", packed + bytes(512))
    yield case("followed-by-other-data", packed + b"signature", "gzip_trailing_data")
    yield case("utf-16", gzip.compress(classic(A).encode("utf-16"), mtime=0), encoding="utf-16-le")
    words = classic(A).replace("Tea 1", "Grüner Tee für Gäste").encode("cp1252")
    yield case("windows-1252", gzip.compress(words, mtime=0), "encoding_guessed@2", encoding="windows-1252")
    yield case("sheet-without-a-meaning", packed, "ignored_field", form={"sheet": "1"})
