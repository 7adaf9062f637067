"""Files that no catalogue can be made of: each with its problem."""

from collections.abc import Iterator, Sequence

from tests.corpora.catalogues.case import CLASSIC, HOST, A, B, Case, classic, table

_HEADER = ",".join(CLASSIC)

# name, content, format, problems
_WITHOUT_HEADER: tuple[tuple[str, bytes, str | None, str], ...] = (
    ("empty.csv", b"", None, "empty_file"),
    ("blank.csv", b" \r\n\t\r\n", None, "empty_file"),
    ("a-byte-order-mark.csv", b"\xef\xbb\xbf", None, "empty_file"),
    ("xml.csv", b'<?xml version="1.0"?>\n<rss><channel><item/></channel></rss>', "csv", "not_a_csv"),
    ("excel-2003.xls", b'<?xml version="1.0"?><Workbook><Worksheet/></Workbook>', "csv", "not_a_csv"),
    ("html-table.xls", b"<html><table><tr><td>SKU</td></tr></table></html>", "csv", "not_a_csv"),
    ("json.csv", b'[{"sku": "1", "image": "https://cdn.supplier.example/a.jpg"}]', "csv", "not_a_csv"),
    ("pdf.csv", b"%PDF-1.7\n", None, "not_a_csv"),
    ("png.csv", b"\x89PNG\r\n\x1a\n", None, "not_a_csv"),
    ("rar.csv", b"Rar!\x1a\x07\x00", None, "not_a_csv"),
    ("rich-text.csv", b"{\\rtf1 SKU}", "csv", "not_a_csv"),
    ("excel-4.xls", b"\x09\x04\x06\x00\x00\x00\x10\x00", None, "not_a_workbook"),
    ("damaged-utf-8.csv", f"{_HEADER}\n1,Größe für Gäste,".encode() + b"\xff\n", None, "undecodable@2"),
    ("rows-without-a-header.csv", f"1,Tea,{A}\n2,Pot,{B}\n".encode(), "csv", "no_header@1"),
    ("one-column.csv", f"{A}\n{B}\n".encode(), "csv", "no_header@1"),
    ("quoted-lines.csv", f'"{_HEADER}"\n"1,Tea,{A}"\n'.encode(), "csv", "no_header@1"),
    ("another-delimiter.csv", classic(A).replace(",", "^").encode(), "csv", "no_header@1"),
    ("two-serial-numbers.csv", f"{_HEADER},Serial Number\n".encode(), "csv", "duplicate_column@1"),
    ("too-many-columns.csv", (_HEADER + ",x" * 16_384).encode(), "csv", "too_many_columns@1"),
)  # fmt: skip


def cases() -> Iterator[Case]:
    """Yield all of them."""
    for name, data, kind, problem in _WITHOUT_HEADER:
        encoding = "utf-8" if kind else None
        yield Case(f"refused/{name}", data, format=kind, encoding=encoding, images=(), problems=[problem])
    named = table([("SKU", "Photo"), ("1", A)]).encode()
    yield Case(
        "refused/header-row-beyond-the-end.csv",
        named,
        form={"header_row": "9"},
        images=(),
        problems=["no_header@9"],
    )
    for encoding, line in (("utf-16le", 1), ("us-ascii", 2)):
        data = f"{_HEADER}\n1,Größe,{A}\n".encode()
        yield Case(
            f"refused/not-{encoding}.csv",
            data + b"x" * (len(data) % 2 == 0),  # of UTF-16, half a character
            form={"encoding": encoding},
            format=None,
            encoding=None,
            images=(),
            problems=[f"undecodable@{line}"],
        )
    yield from _with_header()


def _with_header() -> Iterator[Case]:
    def case(name: str, text: str, problems: Sequence[str], rows: Sequence[str] = (), *warnings: str) -> Case:
        return Case(f"refused/{name}.csv", text.encode(), rows, problems=problems, warnings=warnings)

    yield case("no-rows", f"{_HEADER}\n", ["no_rows"])
    yield case("no-url", classic("n/a", ""), ["no_usable_url"], ["!n/a", ""], "invalid_url@2")
    yield case("only-empty-cells", classic("", ""), ["no_usable_url"], ["", ""])
    yield case("a-quote-that-is-not-closed", f'{_HEADER}\n1,Tea,{A}\n2,"Pot,{B}\n', ["broken_quote@3"], [A])
    yield case("a-quote-within-a-cell", f'{_HEADER}\n1,"Tea" x,{A}\n2,Pot,{B}\n', ["broken_quote@2"], [B])
    yield case("more-cells-than-the-header", f"{_HEADER}\n1,Tea,{A},{B}\n", ["extra_cells@2"])
    yield case("101-images-in-a-row", classic(" ".join([A] * 101), B), ["too_many_images@2"], [B])
    long_cell = f"{_HEADER}\n1,{'x' * 140_000},{A}\n2,Pot,{B}\n"
    yield case("a-cell-that-is-too-long", long_cell, ["cell_too_long@2"], [B])
    long_row = f"{_HEADER}{',x' * 8}\n1,Tea,{A}{f',{"x" * 130_000}' * 8}\n2,Pot,{B}{',' * 8}\n"
    yield case("a-row-that-is-too-long", long_row, ["row_too_long@2"], [B])
    wide = _HEADER + ",x" * 9_997 + "\n" + f"1,Tea,{A}\n" * 102
    yield case("short-rows-below-a-wide-header", wide, ["short_rows@102"], [A] * 10)
    rows = "".join(f"{n},Tea,{HOST}/{n}.jpg\n" for n in range(4)) + "4,Tea,a,b\n5,Tea,a,b\n"
    urls = [f"{HOST}/{n}.jpg" for n in range(4)]
    yield case("several-problems", f"{_HEADER}\n{rows}", ["extra_cells@6", "extra_cells@7"], urls)
