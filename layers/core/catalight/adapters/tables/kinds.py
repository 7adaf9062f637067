"""Recognise the format of a file by its content, not by its name."""

from catalight.adapters.tables.archive import Archive
from catalight.adapters.tables.ooxml.parts import main_part
from catalight.adapters.tables.problems import encrypted, not_a_workbook
from catalight.domain.catalogue.files import Format
from catalight.domain.errors import CatalogueError

GZIP = b"\x1f\x8b"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# BIFF 2 to 4 begin with the record BOF, without a container; versions 5 and 8 lie in an OLE container.
BIFF = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00")

_EXPORT = "Export the table as Excel (.xlsx) or CSV and send that file."
_SEND_TABLE = "Send the Excel or CSV file that lists the image URLs."
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_MIME_BYTES = 200


def ole_problem(data: bytes) -> CatalogueError | None:
    """Return the error of an OLE container that is no readable .xls workbook."""
    if _directory_name("EncryptedPackage") in data:
        return encrypted()
    if _directory_name("Workbook") in data or _directory_name("Book") in data:
        return None
    kind = "a Word document (.doc)" if _directory_name("WordDocument") in data else "another Office document"
    return not_a_workbook(kind, _EXPORT)


def very_old_workbook() -> CatalogueError:
    """Return the error of a workbook of Excel 2 to 4."""
    return not_a_workbook("one of Excel before 1993", _EXPORT)


def zip_format(archive: Archive) -> tuple[Format, str]:
    """Return the format of a zip archive and its main part (of XLSX for XLSM too).

    Raises CatalogueError if it is no workbook, or encrypted.
    """
    mime = archive.read("mimetype", _MIME_BYTES)
    if mime.startswith(_ODS) and "content.xml" in archive:
        return Format.ODS, "content.xml"
    if "encrypted-package" in archive:
        raise encrypted()
    if "[Content_Types].xml" in archive:
        main = main_part(archive)
        folder = main.partition("/")[0].lower()
        if folder not in ("word", "ppt") and main in archive:
            return (Format.XLSB if main.lower().endswith(".bin") else Format.XLSX), main
    raise not_a_workbook(*_other_kind(archive.names(), mime))


def _other_kind(names: list[str], mime: bytes) -> tuple[str, str]:
    """Return what a zip archive is instead, and what to do."""
    if any(name.startswith("word/") for name in names):
        return "a Word document (.docx)", _EXPORT
    if any(name.startswith("ppt/") for name in names):
        return "a PowerPoint presentation (.pptx)", _EXPORT
    if any(name.endswith(".iwa") or name == "index.zip" for name in names):
        return "a Numbers document or another one of Apple's", _EXPORT
    if mime.startswith(b"application/"):
        return "another OpenDocument file", _EXPORT
    tables = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
    if any(name.endswith(tables) for name in names):
        return "a zip archive with files in it", "Unpack it and send the table in it."
    return "another zip archive", _SEND_TABLE


def _directory_name(name: str) -> bytes:
    """Return the name of a stream as an OLE directory has it (MS-CFB, 2.6.1)."""
    return name.encode("utf-16-le") + b"\0\0"
