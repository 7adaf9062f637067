"""Read an Office Open XML workbook: its list of sheets, and one of them with its links and images."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from catalight.adapters.tables.archive import Archive
from catalight.adapters.tables.choose_sheet import SheetChoice
from catalight.adapters.tables.formulas import column_index
from catalight.adapters.tables.ooxml.image_anchors import anchors
from catalight.adapters.tables.ooxml.parts import (
    Relationship,
    local_name,
    names,
    relationship_id,
    relationships,
)
from catalight.adapters.tables.ooxml.sheet import Hyperlink, Shared, SheetPart, read_sheet
from catalight.adapters.tables.ooxml.strings import shared_strings
from catalight.adapters.tables.ooxml.styles import read_styles
from catalight.adapters.tables.problems import LAST_ROW, MAX_SHEETS, corrupt, too_large
from catalight.adapters.tables.sheet_rows import Area, SheetRows
from catalight.adapters.tables.xml_stream import stream
from catalight.domain.catalogue.files import Format, HeaderTest, Options, Sheet, Table

_AREA = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Z]{1,3})\$?([0-9]{1,7}))?", re.IGNORECASE)
_STRUCTURES = "xl/richdata/rdrichvaluestructure.xml"
_SMALL = 1_000_000  # bytes
_YES = ("1", "true", "on")


@dataclass(frozen=True, slots=True)
class Listed:
    """A worksheet, and the name of its part."""

    sheet: Sheet
    part: str


def read_workbook(archive: Archive, main: str, options: Options, header: HeaderTest) -> Table:
    """Return the chosen sheet of the workbook whose main part is `main`."""
    listed, shared = contents(archive, main, shared_strings)
    choice, parts = SheetChoice(options, header), {}
    for one in listed:
        if choice.wants(one.sheet):
            part = read_sheet(archive.pieces(one.part), shared)
            parts[id(part.rows)] = part, one.part
            choice.offer(part.rows)
    rows = choice.rows()
    add_links(archive, *parts[id(rows)])
    rows.evaluate()
    return choice.table(format_of(archive))


def format_of(archive: Archive) -> Format:
    """Return whether the workbook may have macros."""
    macros = b"macroEnabled" in archive.read("[Content_Types].xml", _SMALL)
    return Format.XLSM if macros else Format.XLSX


def contents(
    archive: Archive, main: str, strings: Callable[[Archive, str | None], Sequence[str]]
) -> tuple[list[Listed], Shared]:
    """Return the worksheets, and what they have in common; `strings` reads the part of shared strings."""
    links = relationships(archive, main)
    listed, since_1904 = _sheets(archive, main, links)
    shared = Shared(
        strings(archive, _part(links, "sharedStrings")),
        read_styles(archive, _part(links, "styles")),
        since_1904,
        b"_localImage" in archive.read(_STRUCTURES, _SMALL),
    )
    return listed, shared


def _sheets(archive: Archive, main: str, links: dict[str, Relationship]) -> tuple[list[Listed], bool]:
    """Return the worksheets, and whether days count from 1904."""
    listed: list[Listed] = []
    since_1904 = False
    for element in stream(archive.pieces(main), names("sheets")):
        name = local_name(element.tag)
        if name == "workbookPr":
            since_1904 = element.get("date1904", "0").lower() in _YES
        elif name == "sheet":
            link = links.get(relationship_id(element.attrib) or "")
            if link is None or link.external:
                raise corrupt("a sheet of it is missing")
            hidden = element.get("state", "visible").lower() != "visible"
            if link.kind == "worksheet":  # not a chart, dialogue or macro sheet
                listed.append(Listed(Sheet(element.get("name", ""), hidden), link.target))
        if len(listed) > MAX_SHEETS:
            raise too_large(f"more than {MAX_SHEETS:,} sheets", "Delete those that are not used.")
    return listed, since_1904


def _part(links: dict[str, Relationship], kind: str) -> str | None:
    return next((link.target for link in links.values() if link.kind == kind and not link.external), None)


def add_links(archive: Archive, part: SheetPart, name: str) -> None:
    """Add the hyperlinks and warn of the images of a sheet."""
    links = relationships(archive, name) if part.hyperlinks or part.drawings else {}
    for hyperlink in part.hyperlinks:
        target = links.get(hyperlink.target)
        if target is not None and target.external:
            _add_hyperlink(part.rows, hyperlink, target.target)
    for drawing in part.drawings:
        target = links.get(drawing)
        if target is not None and not target.external and target.target in archive:
            for line, column in anchors(archive.pieces(target.target)):
                part.rows.add_image(line, column)


def _add_hyperlink(rows: SheetRows, hyperlink: Hyperlink, url: str) -> None:
    url = f"{url}#{hyperlink.location}" if hyperlink.location and "#" not in url else url
    for text in hyperlink.area.split():
        match = _AREA.fullmatch(text)
        if match is None:
            raise corrupt("a link of it has no valid cell")
        left, first, right, last = match.groups()
        area = Area(int(first), column_index(left), int(last or first), column_index(right or left))
        if not 0 < area.first <= area.last <= LAST_ROW:
            raise corrupt("a link of it has no valid cell")
        rows.link(area, url)
