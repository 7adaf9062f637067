"""What is said of a file before it is submitted, as plain values: what a dry run answers."""

from collections.abc import Iterable
from typing import Any

from catalight.domain import texts
from catalight.domain.catalogue.catalogue import CatalogueRow, Understanding
from catalight.domain.catalogue.files import Table, TextFile
from catalight.domain.catalogue.header import Header
from catalight.domain.catalogue.preview import Preview
from catalight.domain.catalogue.sources import Source

MAX_COLUMNS_SHOWN = 100
MAX_NAME = 200  # characters
MAX_SHEETS = 100


def overview(understood: Understanding, renditions: int) -> dict[str, Any]:
    """Return what would become of a file in so many renditions, without its problems and warnings."""
    preview, of_file = Preview.of(understood), understood_as(understood)
    names = of_file["columns"]["images"] if of_file["columns"] else []
    return {
        "understood": of_file,
        "header": _shown(understood.own_header),
        "first_rows": [_row(row, names) for row in preview.first_rows],
        "rows": preview.rows,
        "images": preview.images,
        "outputs": preview.images * renditions,
        "distinct_urls": preview.distinct_urls,
        "hosts": [{"host": texts.shown(host), "images": images} for host, images in preview.hosts],
        "hosts_total": preview.hosts_total,
    }


def understood_as(understood: Understanding) -> dict[str, Any]:
    """Return what a file was understood as; None is what could not be found out."""
    file, header = understood.file, understood.header
    table = file if isinstance(file, Table) else None
    return {
        "format": file.format.value if file else None,
        "gzipped": bool(file and file.gzipped),
        "encoding": file.encoding if isinstance(file, TextFile) else None,
        "delimiter": header.delimiter if header and isinstance(file, TextFile) else None,
        "sheet": table.sheet[:MAX_NAME] if table else None,
        "sheets": [sheet.name[:MAX_NAME] for sheet in table.sheets[:MAX_SHEETS]] if table else [],
        "header_row": header.record.line if header else None,
        "columns": _columns(header, understood.outputs) if header else None,
    }


def _columns(header: Header, outputs: Iterable[str]) -> dict[str, Any]:
    chosen, cells = header.columns, [cell[:MAX_NAME] for cell in header.record.cells]
    return {
        "images": [cells[index] for index in chosen.images],
        "serial": None if chosen.serial is None else cells[chosen.serial],
        "name": None if chosen.name is None else cells[chosen.name],
        "outputs": list(outputs),
        "reason": chosen.reason.value,
        "program": chosen.program,
    }


def _row(row: CatalogueRow, names: list[str]) -> dict[str, Any]:
    return {
        "line": row.line,
        "cells": _shown(row.cells),
        "images": [_image(source, names) for source in row.sources],
    }


def _image(source: Source, names: list[str]) -> dict[str, Any]:
    return {
        "url": texts.shown(source.url),
        "fault": source.fault,
        "written": None if source.written is None else texts.shown(source.written),
        "notes": list(source.notes),
        "column": names[source.column],
    }


def _shown(cells: tuple[str, ...]) -> list[str]:
    return [texts.shown(cell) for cell in cells[:MAX_COLUMNS_SHOWN]]
