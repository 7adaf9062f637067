"""What a child process is asked and what it answers: JSON, which does no harm when it is read."""

import json
from dataclasses import asdict
from typing import Any

from catalight.domain.catalogue.files import Format, Options, Row, Sheet, Table, TextFile
from catalight.domain.catalogue.requested import Request, Wanted
from catalight.domain.errors import CatalogueError, OptionError, Problem


def wanted_document(options: Options, wanted: Wanted) -> str:
    """Return as JSON what is known of a file before it is read."""
    return json.dumps(
        {
            "options": asdict(options),
            "columns": asdict(wanted.columns) if wanted.columns else None,
            "header_row": wanted.header_row,
            "remembered": {header: asdict(request) for header, request in wanted.remembered.items()},
        }
    )


def wanted_of(document: str) -> tuple[Options, Wanted]:
    """Return what `wanted_document` was given."""
    values = json.loads(document)
    remembered = {header: _request(request) for header, request in values["remembered"].items()}
    columns = _request(values["columns"]) if values["columns"] else None
    return Options(**values["options"]), Wanted(columns, values["header_row"], remembered)


def _request(values: dict[str, Any]) -> Request:
    images = values["images"]
    return Request(None if images is None else tuple(images), values["serial"], values["name"])


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


def packed_error(error: CatalogueError | OptionError) -> bytes:
    """Return an error as JSON."""
    if isinstance(error, OptionError):
        return json.dumps({"option": [error.field, error.found, error.allowed]}).encode()
    return json.dumps({"problems": [asdict(one) for one in error.problems], "total": error.total}).encode()


def unpacked(data: bytes) -> TextFile | Table | str:
    """Return what `packed` was given, or the text of a fault; raise what `packed_error` was given."""
    document = json.loads(data)
    if "fault" in document:
        return str(document["fault"])
    if "option" in document:
        raise OptionError(*document["option"])
    if "problems" in document:
        raise CatalogueError(tuple(Problem(**one) for one in document["problems"]), document["total"])
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
