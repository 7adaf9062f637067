"""What a workbook can hold.

https://support.microsoft.com/en-us/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3
"""

MAX_ROWS = 1_048_576  # of a sheet
MAX_COLUMNS = 16_384
MAX_CHARACTERS = 32_767  # of a cell
MAX_SHEET_NAME = 31  # characters


def length(text: str) -> int:
    """Return the number of characters of a text as Excel counts them, in UTF-16."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
