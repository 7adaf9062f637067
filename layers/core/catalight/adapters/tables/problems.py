"""The problems of files that are not read, and the limits of a workbook."""

from catalight.domain.errors import CatalogueError, Problem

MAX_ENTRIES = 10_000  # files in the zip archive
MAX_UNPACKED = 200_000_000  # bytes of all parts that are read: about 3 s
MAX_RATIO = 500  # of a large part; sheets of products have 7 to 43
RATIO_COUNTS_FROM = 50_000_000
MAX_SHEETS = 1_000
MAX_ROWS = 101_000  # with texts; the catalogue's own limit of 100,000 does not count lines above the header
MAX_COLUMNS = 2_000
MAX_CELLS = 2_000_000  # with the empty ones before the last of each row
MAX_CHARACTERS = 50_000_000  # of all cells together, and of all shared strings
MAX_STRINGS = 2_000_000
LAST_ROW = 1_048_576  # of a sheet: Excel's limit

_EXPORT = "Export the catalogue again, or save it as CSV, and send the new file."


def refusal(code: str, message: str, line: int | None = None, found: str | None = None) -> CatalogueError:
    """Return the error of a file that has this one problem."""
    return CatalogueError((Problem(code, message, line=line, found=found),), 1)


def too_large(what: str, advice: str, line: int | None = None) -> CatalogueError:
    """Return the error of a workbook that has more of something than is allowed; `what` says of what."""
    return refusal("workbook_too_large", f"The workbook has {what}. {advice}", line)


def too_many_rows() -> CatalogueError:
    """Return the error of a sheet with too many rows."""
    return refusal("too_many_rows", "The sheet has more than 100,000 rows. Split it into several files.")


def too_many_columns(line: int) -> CatalogueError:
    """Return the error of a sheet that has a text too far to the right."""
    message = (
        f"Row {line:,} has a text beyond column {MAX_COLUMNS:,}, which is the last that is read. "
        "Delete the columns that are not used."
    )
    return refusal("too_many_columns", message, line)


def too_many_cells(line: int, most: int = MAX_CELLS) -> CatalogueError:
    """Return the error of a sheet with too many cells."""
    advice = "Delete the columns that are not used, or split it into several files."
    return too_large(f"more than {most:,} cells up to row {line:,}", advice, line)


def too_many_characters(most: int = MAX_CHARACTERS) -> CatalogueError:
    """Return the error of a workbook with too much text."""
    advice = "Delete the columns that are not used, or split it into several files."
    return too_large(f"more than {most:,} characters", advice)


def corrupt(why: str) -> CatalogueError:
    """Return the error of a workbook that is damaged; `why` ends the sentence."""
    return refusal("corrupt_workbook", f"The workbook is damaged: {why}. {_EXPORT}")


def out_of_memory() -> CatalogueError:
    """Return the error of a file that took all memory."""
    return too_large("more than fits into the memory", "Split it into several files, or save it as CSV.")


def encrypted() -> CatalogueError:
    """Return the error of a workbook with a password."""
    message = (
        "The workbook is encrypted with a password. Remove the password, save it, and send the new file."
    )
    return refusal("encrypted_workbook", message)


def not_a_workbook(kind: str, advice: str) -> CatalogueError:
    """Return the error of a container file that holds something else."""
    return refusal("not_a_workbook", f"The file is not a workbook but {kind}. {advice}")
