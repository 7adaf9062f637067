"""The columns that Catalight appends to a catalogue."""

from collections.abc import Sequence

_FIRST_COLUMNS = ("Output Image Urls", "Status", "Errors", "Bytes In", "Bytes Out")
RESULT_COLUMNS = (*_FIRST_COLUMNS, "Notes")


def own_columns(header: Sequence[str]) -> int:
    """Count the user's own cells of a header: all but the result columns of an earlier run at its end."""
    for columns in (RESULT_COLUMNS, _FIRST_COLUMNS):  # the first releases wrote no notes
        if tuple(header[-len(columns) :]) == columns:
            return len(header) - len(columns)
    return len(header)
