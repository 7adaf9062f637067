"""Warnings about form fields that say something that the format of the file does not have."""

from catalight.domain.catalogue.files import Options
from catalight.domain.errors import Problem


def ignored_sheet(options: Options) -> tuple[Problem, ...]:
    """Return the warning if the sheet of a CSV file was named."""
    return _ignored("sheet", "a CSV file has no sheets") if options.sheet else ()


def ignored_encoding(options: Options) -> tuple[Problem, ...]:
    """Return the warning if the encoding of a workbook was named."""
    return _ignored("encoding", "a workbook has an encoding of its own") if options.encoding else ()


def _ignored(name: str, why: str) -> tuple[Problem, ...]:
    return (Problem("ignored_field", f"The field {name} was ignored: {why}."),)
