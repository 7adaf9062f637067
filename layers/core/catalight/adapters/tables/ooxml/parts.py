"""The parts of an Office Open XML package and the relationships between them."""

import posixpath
from dataclasses import dataclass

from catalight.adapters.tables.archive import Archive, resolved
from catalight.adapters.tables.problems import too_large
from catalight.adapters.tables.sheet_rows import MAX_LINKS
from catalight.adapters.tables.xml_stream import stream

_SPREADSHEET = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",  # transitional
    "http://purl.oclc.org/ooxml/spreadsheetml/main",  # strict
)
_RELATIONSHIPS = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)


@dataclass(frozen=True, slots=True)
class Relationship:
    """What a part refers to: another part, or a URL if it is `external`. `kind` is the end of its type."""

    kind: str
    target: str
    external: bool


def relationships(archive: Archive, part: str) -> dict[str, Relationship]:
    """Return the relationships of a part by their identifiers; of the package itself if `part` is empty."""
    folder, name = posixpath.split(part)
    file = posixpath.join(folder, "_rels", f"{name}.rels")
    found: dict[str, Relationship] = {}
    if file not in archive:
        return found
    for element in stream(archive.pieces(file), ()):
        target = element.get("Target")
        if target is None:
            continue
        external = element.get("TargetMode") == "External"
        kind = element.get("Type", "").rpartition("/")[2]
        if not external:
            target = resolved(part, target)
        found[element.get("Id", "")] = Relationship(kind, target, external)
        if len(found) > MAX_LINKS:
            raise too_large(f"more than {MAX_LINKS:,} links", "Write the URLs into cells instead.")
    return found


def main_part(archive: Archive) -> str:
    """Return the name of the part that describes the workbook."""
    found = relationships(archive, "").values()
    return next((one.target for one in found if one.kind == "officeDocument"), "xl/workbook.xml")


def names(*local: str) -> frozenset[str]:
    """Return the tags of elements of a spreadsheet, in the transitional and in the strict namespace."""
    return frozenset(f"{{{space}}}{name}" for space in _SPREADSHEET for name in local)


def relationship_id(attributes: dict[str, str], name: str = "id") -> str | None:
    """Return the identifier of a relationship from the attributes of an element."""
    return next(
        (attributes[key] for space in _RELATIONSHIPS if (key := f"{{{space}}}{name}") in attributes), None
    )


def local_name(tag: str) -> str:
    """Return a tag without its namespace."""
    return tag.rpartition("}")[2]
