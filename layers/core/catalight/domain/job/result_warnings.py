"""What the result of a file will not have, said when the file is accepted."""

from dataclasses import replace

from catalight.domain.catalogue.catalogue import MAX_PROBLEMS, Understanding
from catalight.domain.catalogue.files import Table
from catalight.domain.errors import Problem
from catalight.domain.job.excel import MAX_CHARACTERS, length
from catalight.domain.job.result_form import RequestedResult, ResultFormat


def with_warnings(understood: Understanding, requested: RequestedResult) -> Understanding:
    """Return what is known of a file, with warnings if its result cannot be all that the file or request is.

    They concern the result, so `strict` does not make them problems.
    """
    file = understood.file
    if understood.refusal or file is None:
        return understood
    is_workbook = requested.of_file(file.format).format is ResultFormat.XLSX
    found = [_too_long(understood) if is_workbook else None]
    if isinstance(file, Table):
        found.append(_not_carried(len(file.sheets) - 1, is_workbook=is_workbook))
    warnings = [warning for warning in found if warning]
    return replace(
        understood,
        warnings=(*warnings, *understood.warnings)[:MAX_PROBLEMS],
        warnings_total=understood.warnings_total + len(warnings),
    )


def _not_carried(others: int, *, is_workbook: bool) -> Problem | None:
    if not others and not is_workbook:
        return None
    what = "Formulas, styles and images in cells"
    if others:
        what = f"The other {others:,} sheets, formulas" if others > 1 else "The other sheet, formulas"
        what += ", styles and images in cells"
    return Problem("not_carried", f"{what} are not carried into the result: it has the texts of one sheet.")


def _too_long(understood: Understanding) -> Problem | None:
    """Return a warning for the first row with a cell that Excel would cut."""
    for row in understood.rows:
        longest = max(row.cells, key=len, default="")
        if 2 * len(longest) > MAX_CHARACTERS and length(longest) > MAX_CHARACTERS:
            message = (
                f"A cell of this row has more than {MAX_CHARACTERS:,} characters, which XLSX cannot hold, "
                "so the result will be CSV."
            )
            return Problem("result_as_csv", message, row.line)
    return None
