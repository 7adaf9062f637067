"""What the result of a file will not have, said when the file is accepted."""

from dataclasses import replace

from catalight.domain.catalogue.catalogue import MAX_PROBLEMS, Understanding
from catalight.domain.catalogue.files import Table
from catalight.domain.errors import Problem
from catalight.domain.job.result_form import RequestedResult, ResultFormat


def with_warnings(understood: Understanding, requested: RequestedResult) -> Understanding:
    """Return what is known of a file, with a warning if its result cannot have all that the file has.

    It concerns no row, so `strict` does not make it a problem.
    """
    file = understood.file
    if understood.refusal or not isinstance(file, Table):
        return understood
    others = len(file.sheets) - 1
    if not others and requested.of_file(file.format).format is not ResultFormat.XLSX:
        return understood
    what = "Formulas, styles and images in cells"
    if others:
        what = f"The other {others:,} sheets, formulas" if others > 1 else "The other sheet, formulas"
        what += ", styles and images in cells"
    warning = Problem(
        "not_carried", f"{what} are not carried into the result: it has the texts of one sheet."
    )
    return replace(
        understood,
        warnings=(warning, *understood.warnings)[:MAX_PROBLEMS],
        warnings_total=understood.warnings_total + 1,
    )
