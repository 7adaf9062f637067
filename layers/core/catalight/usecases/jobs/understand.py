"""Understand a file that a client sent, with what is remembered of its owner's columns."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from catalight.domain.catalogue import catalogue, requested
from catalight.domain.catalogue.catalogue import Understanding
from catalight.domain.catalogue.columns import Reason
from catalight.domain.catalogue.files import Options
from catalight.domain.catalogue.findings import Bounds
from catalight.domain.catalogue.header_choice import key
from catalight.domain.catalogue.requested import Request, Wanted
from catalight.domain.errors import CatalogueError
from catalight.domain.job.result_form import RequestedResult
from catalight.domain.job.result_warnings import with_warnings
from catalight.usecases.ports import ColumnMemory, ReadTable


def _count_nothing(_: int) -> None:
    """Count nothing: the caller has no limits."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file, and what its sender says of it.

    `columns` and `header_row` are as in Wanted, `encoding` and `sheet` as in Options. `file_url` is where the
    file was fetched, if it was not sent. `strict` makes warnings problems. `renditions` is the number of
    outputs that each image is to have. `count` gets the number of characters by which the file is longer than
    its bytes, once it is unpacked, and may raise LimitError. `result` is only for a warning about what the
    result will not have. `bounds` are those of the rows, if not those of a file in a request.
    """

    data: bytes
    columns: Request | None = None
    header_row: int | None = None
    file_url: str | None = None
    strict: bool = False
    encoding: str | None = None
    sheet: str | None = None
    renditions: int = 1
    count: Callable[[int], None] = _count_nothing
    result: RequestedResult = field(default_factory=RequestedResult)
    bounds: Bounds | None = None

    @property
    def said(self) -> Mapping[str, Any]:
        """What its sender says of the file. A classic request says nothing."""
        columns = self.columns and requested.to_document(self.columns)
        said = {
            "columns": columns,
            "header_row": self.header_row,
            "file_url": self.file_url,
            "encoding": self.encoding,
            "sheet": self.sheet,
        }
        return {name: value for name, value in said.items() if value is not None}

    @property
    def digest(self) -> str:
        """SHA-256 of the file and of what is said of it."""
        digest = hashlib.sha256(json.dumps(self.said).encode())
        digest.update(hashlib.sha256(self.data).digest())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Understand:
    """Understand a file. Nothing is stored or counted."""

    read_table: ReadTable
    memory: ColumnMemory

    def __call__(self, owner: str, upload: Upload) -> Understanding:
        """Return what is known of the file, with what its owner's columns in memory say."""
        return self.with_memory(upload, self.remembered(owner, upload))

    def remembered(self, owner: str, upload: Upload) -> Mapping[str, Request]:
        """Return the columns that are in memory, by the key of their header. Named columns need none."""
        return self.remembered_of(owner, upload.columns)

    def remembered_of(self, owner: str, columns: Request | None) -> Mapping[str, Request]:
        """Return the columns that are in memory, for a request that names these."""
        return {} if columns else {known.id: known.columns for known in self.memory.of_owner(owner)}

    def with_memory(self, upload: Upload, remembered: Mapping[str, Request]) -> Understanding:
        """Return what is known of the file, with these columns in memory."""
        wanted = Wanted(upload.columns, upload.header_row, remembered)
        try:
            table = self.read_table(upload.data, Options(upload.encoding, upload.sheet), wanted)
        except CatalogueError as error:
            return Understanding(refusal=error)
        if (more := table.characters - len(upload.data)) > 0:
            upload.count(more)
        understood = catalogue.understand(table, wanted, strict=upload.strict, bounds=upload.bounds)
        if upload.bounds is None:
            understood = understood.in_renditions(upload.renditions)
        return with_warnings(understood, upload.result)


def used(understood: Understanding, remembered: Mapping[str, Request]) -> Mapping[str, Request]:
    """Return which of the columns in memory were used."""
    header = understood.header
    if header is None or header.columns.reason is not Reason.REMEMBERED:
        return {}
    of_header = key(header.record.cells)
    return {of_header: remembered[of_header]}
