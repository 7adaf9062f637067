"""Read the bytes of a file as a table: the only entrance to this package.

It is one function without side effects: no files, network or threads. It can be called in a process that may
do nothing but compute; nothing is imported later.
"""

import codecs
from contextlib import suppress
from dataclasses import replace

from catalight.adapters.tables.alphabets import alphabets
from catalight.adapters.tables.archive import Archive
from catalight.adapters.tables.binary_workbook import read_binary
from catalight.adapters.tables.encodings import read_text
from catalight.adapters.tables.extents import check_xls, check_xlsb
from catalight.adapters.tables.gunzip import gunzip
from catalight.adapters.tables.kinds import BIFF, GZIP, OLE, ZIP, ole_problem, very_old_workbook, zip_format
from catalight.adapters.tables.ods import read_ods
from catalight.adapters.tables.ooxml.workbook import read_workbook
from catalight.adapters.tables.problems import out_of_memory
from catalight.domain.catalogue.encodings import ENCODINGS
from catalight.domain.catalogue.files import (
    Format,
    HeaderTest,
    Options,
    Table,
    TextFile,
    first_filled_row,
)


def read(
    data: bytes, options: Options | None = None, header: HeaderTest = first_filled_row
) -> TextFile | Table:
    """Return the text of a CSV file, or the chosen sheet of a workbook; gzip is unpacked.

    `header` says which of the first rows of a sheet is its header. Raises CatalogueError if the file cannot
    be read, also for lack of memory, and OptionError if the encoding has no known name.
    """
    with suppress(MemoryError):
        return _read(data, options or Options(), header)
    raise out_of_memory()  # here, what was read so far is free again


def prepare() -> None:
    """Load the codecs that a file may have: a process that may only compute cannot do it later."""
    for codec in (*ENCODINGS.values(), "cp437", "ascii", "utf-8", "utf-16", "utf-32", "iso8859-1", "charmap"):
        codecs.lookup(codec)
    alphabets()


def _read(data: bytes, options: Options, header: HeaderTest) -> TextFile | Table:
    if not data.startswith(GZIP):
        return _read_plain(data, options, header)
    content, warning = gunzip(data)
    found = _read_plain(content, options, header)
    warnings = (warning, *found.warnings) if warning else found.warnings
    return replace(found, gzipped=True, warnings=warnings)


def _read_plain(data: bytes, options: Options, header: HeaderTest) -> TextFile | Table:
    if data.startswith(ZIP):
        archive = Archive(data)
        kind, main = zip_format(archive)
        if kind is Format.ODS:
            return read_ods(archive, options, header)
        if kind is Format.XLSB:
            check_xlsb(archive, main)
            return read_binary(data, kind, options, header)
        return read_workbook(archive, main, options, header)
    if data.startswith(OLE):
        if problem := ole_problem(data):
            raise problem
        check_xls(data)
        return read_binary(data, Format.XLS, options, header)
    if data.startswith(BIFF):
        raise very_old_workbook()
    return read_text(data, options.encoding)
