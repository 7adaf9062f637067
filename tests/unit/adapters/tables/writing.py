"""Write workbooks for the tests: with XlsxWriter, with openpyxl, and from XML of our own."""

import zipfile
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from xml.sax.saxutils import escape

import openpyxl
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from catalight.adapters.tables.read import read
from catalight.domain.catalogue.files import Options, Table

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
ODF = "urn:oasis:names:tc:opendocument:xmlns"
Cell = str | int | float | bool | None


def table(data: bytes, sheet: str | None = None) -> Table:
    """Read a workbook."""
    found = read(data, Options(sheet=sheet))
    assert isinstance(found, Table)
    return found


def texts(data: bytes, sheet: str | None = None) -> list[list[str]]:
    """Read the cells of a workbook."""
    return [row.cells for row in table(data, sheet).rows]


def by_xlsxwriter(write: Callable[[xlsxwriter.Workbook, Worksheet], None], **options: object) -> bytes:
    """Return a workbook with one sheet, which `write` fills."""
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, **options}) as workbook:
        write(workbook, workbook.add_worksheet("Products"))
    return file.getvalue()


def by_openpyxl(rows: Sequence[Sequence[Cell]]) -> bytes:
    """Return a workbook with one sheet."""
    workbook = openpyxl.Workbook()
    sheet = workbook.create_sheet("Products", 0)
    for row in rows:
        sheet.append(list(row))
    file = BytesIO()
    workbook.save(file)
    return file.getvalue()


def archive(parts: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip archive."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", method) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return file.getvalue()


def relationships(links: Mapping[str, tuple[str, str]], base: str = LINKS) -> str:
    """Return a part with relationships: the end of the type and the target of each identifier."""
    listed = "".join(
        f'<Relationship Id="{name}" Type="{base}/{kind}" Target="{escape(target)}"'
        f"{' TargetMode="External"' if '://' in target else ''}/>"
        for name, (kind, target) in links.items()
    )
    return f'<Relationships xmlns="{PACKAGE}">{listed}</Relationships>'


def workbook(
    sheet: str | bytes,
    links: Mapping[str, tuple[str, str]] | None = None,
    parts: Mapping[str, str | bytes] | None = None,
    *,
    main: str = MAIN,
    base: str = LINKS,
    properties: str = "",
) -> bytes:
    """Return a workbook whose only sheet has this XML after the start of its root."""
    start, end = f'<worksheet xmlns="{main}" xmlns:r="{base}">', "</worksheet>"
    content = start + sheet + end if isinstance(sheet, str) else start.encode() + sheet + end.encode()
    known = {"s1": ("worksheet", "worksheets/sheet1.xml"), "t": ("sharedStrings", "sharedStrings.xml")}
    return archive(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": relationships({"w": ("officeDocument", "xl/workbook.xml")}, base),
            "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{base}">{properties}<sheets>'
            '<sheet name="Products" sheetId="1" r:id="s1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": relationships(known | {"y": ("styles", "styles.xml")}, base),
            "xl/worksheets/sheet1.xml": content,
            "xl/worksheets/_rels/sheet1.xml.rels": relationships(links or {}, base),
            **(parts or {}),
        }
    )


def cells(*inner: str) -> str:
    """Return the data of a sheet with one row of cells, of which this is the XML within."""
    return f"<sheetData><row>{''.join(inner)}</row></sheetData>"


def spreadsheet(tables: str, styles: str = "", manifest: str = "") -> bytes:
    """Return an OpenDocument spreadsheet with these tables."""
    spaces = " ".join(
        f'xmlns:{name}="{ODF}:{space}:1.0"'
        for name, space in (
            *(("office", "office"), ("table", "table"), ("text", "text"), ("draw", "drawing")),
            ("style", "style"),
        )
    )
    content = (
        f'<office:document-content {spaces} xmlns:xlink="http://www.w3.org/1999/xlink">'
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    return archive(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content,
            "META-INF/manifest.xml": f"<manifest>{manifest}</manifest>",
        }
    )


def text_table(rows: Sequence[Sequence[str]], name: str = "Products") -> str:
    """Return a table of texts as OpenDocument writes it."""
    written = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string">{_paragraphs(cell)}</table:table-cell>'
            for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    return f'<table:table table:name="{escape(name)}">{written}</table:table>'


def _paragraphs(text: str) -> str:
    lines = [escape(line).replace("\t", "<text:tab/>").replace(" ", "<text:s/>") for line in text.split("\n")]
    return "".join(f"<text:p>{line}</text:p>" for line in lines)
