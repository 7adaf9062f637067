"""A catalogue file of the corpus, and what must be understood of it."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

CLASSIC = ("Serial Number", "Product Name", "Input Image Urls")
HOST = "https://cdn.supplier.example"
A, B, C = f"{HOST}/a.jpg", f"{HOST}/b.jpg", f"{HOST}/c.jpg"


@dataclass(frozen=True, slots=True)
class Case:
    """A file and the form that it is sent with.

    What is expected follows: `images`, `serial` and `name` are names of columns. A row of `rows` is a text:
    its image columns are divided by " | ", the images of one by ", ". An image is the URL to fetch and the
    codes of its repairs, or "!" and what cannot be fetched. `warnings` and `problems` are their codes, each
    with "@" and its line. A file without `images` has no header that can be used.
    """

    file: str
    data: bytes
    rows: Sequence[str] = ()
    form: Mapping[str, str] = field(default_factory=dict)
    format: str | None = "csv"
    gzipped: bool = False
    encoding: str | None = "utf-8"
    delimiter: str | None = ","
    sheet: str | None = None
    header_row: int | None = 1
    images: Sequence[str] = CLASSIC[2:]
    serial: str | None = CLASSIC[0]
    name: str | None = CLASSIC[1]
    reason: str = "classic"
    program: str | None = None
    warnings: Sequence[str] = ()
    problems: Sequence[str] = ()

    @property
    def kind(self) -> str:
        """The folder of the file."""
        return self.file.partition("/")[0]

    def expected(self) -> dict[str, Any]:
        """Return what must be understood."""
        columns = {
            "images": list(self.images),
            "serial": self.serial,
            "name": self.name,
            "reason": self.reason,
            "program": self.program,
        }
        has_header = bool(self.images)
        is_workbook = self.format not in ("csv", None)
        warnings = ["not_carried"] * (is_workbook and not self.problems) + list(self.warnings)
        return {
            "format": self.format,
            "gzipped": self.gzipped,
            "encoding": self.encoding,
            "delimiter": self.delimiter if has_header else None,
            "sheet": self.sheet,
            "header_row": self.header_row if has_header else None,
            "columns": columns if has_header else None,
            "rows": list(self.rows),
            "warnings": warnings,
            "problems": list(self.problems),
        }


def seen(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a dry run says, in the form of `Case.expected`."""
    understood = answer["understood"]
    columns = understood["columns"]
    return {
        **{name: understood[name] for name in ("format", "gzipped", "encoding", "delimiter", "sheet")},
        "header_row": understood["header_row"],
        "columns": columns and {key: value for key, value in columns.items() if key != "outputs"},
        "rows": [_row(row["images"], columns["images"]) for row in answer["first_rows"]],
        "warnings": [_note(warning) for warning in answer["warnings"]],
        "problems": [_note(problem) for problem in answer["problems"]],
    }


def table(rows: Sequence[Sequence[str]], delimiter: str = ",", newline: str = "\r\n") -> str:
    """Return rows as CSV."""
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, lineterminator=newline).writerows(rows)
    return file.getvalue()


def classic(*cells: str, delimiter: str = ",", newline: str = "\r\n") -> str:
    """Return a classic catalogue with one row for each cell of URLs."""
    rows = [(f"00{line}", f"Tea {line}", cell) for line, cell in enumerate(cells, 1)]
    return table([CLASSIC, *rows], delimiter, newline)


def _row(images: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Return a row's images as a text; a name that two columns have counts as one column."""
    names = list(dict.fromkeys(columns))
    cells: dict[str, list[str]] = {name: [] for name in names}
    for image in images:
        text = f"!{image['url']}" if image["fault"] else " ".join([image["url"], *image["notes"]])
        cells[image["column"]].append(text)
    return " | ".join(", ".join(cell) for cell in cells.values())


def _note(note: Mapping[str, Any]) -> str:
    line = f"@{note['line']}" if note["line"] else ""
    return f"{note['code']}{line}"
