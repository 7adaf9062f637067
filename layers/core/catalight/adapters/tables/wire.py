"""Texts and tables as bytes, for the answer of a child process: JSON, which does no harm when it is read."""

import json
from dataclasses import asdict
from typing import Any

from catalight.adapters.tables.table import Format, Row, Sheet, Table, TextFile
from catalight.domain.errors import Problem


def packed(found: TextFile | Table) -> bytes:
    """Return a text or a table as JSON."""
    shared = {"gzipped": found.gzipped, "warnings": [asdict(warning) for warning in found.warnings]}
    document: dict[str, Any]
    if isinstance(found, TextFile):
        document = {"text": found.text, "marked": found.marked, "encoding": found.encoding}
    else:
        document = {
            "format": found.format,
            "sheet": found.sheet,
            "sheets": [[sheet.name, sheet.hidden] for sheet in found.sheets],
            "rows": [[line, cells, list(links.items())] for line, cells, links in found.rows],
            "header": found.header,
        }
    return json.dumps(document | shared, ensure_ascii=False, separators=(",", ":")).encode()


def unpacked(data: bytes) -> TextFile | Table:
    """Return what `packed` was given."""
    document = json.loads(data)
    warnings = tuple(Problem(**warning) for warning in document.pop("warnings"))
    if "text" in document:
        return TextFile(**document, warnings=warnings)
    return Table(
        Format(document["format"]),
        document["sheet"],
        tuple(Sheet(name, hidden) for name, hidden in document["sheets"]),
        [Row(line, cells, dict(links)) for line, cells, links in document["rows"]],
        document["header"],
        document["gzipped"],
        warnings,
    )
