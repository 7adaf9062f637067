"""The columns that Catalight appends to a catalogue."""

from collections.abc import Sequence

_FIRST_COLUMNS = ("Output Image Urls", "Status", "Errors", "Bytes In", "Bytes Out")
RESULT_COLUMNS = (*_FIRST_COLUMNS, "Notes")


def count_own_columns(header: Sequence[str]) -> int:
    """Count the user's own cells in a header: all except trailing result columns of an earlier run."""
    for columns in (RESULT_COLUMNS, _FIRST_COLUMNS):  # the first releases had no Notes column
        if tuple(header[-len(columns) :]) == columns:
            return len(header) - len(columns)
    return len(header)
