"""The form fields of /upload that say what the result looks like."""

from typing import Annotated, Literal

from fastapi import Depends, Form

from catalight.domain.job.result_form import (
    FailedPlaces,
    Placement,
    RequestedResult,
    ResultEncoding,
    ResultFormat,
)

FORMAT = "Format of the result; empty: that of the file (XLSX for any workbook)"
PLACEMENT = "`append`: the new URLs are in columns of their own; `replace`: in the place of the old ones"
FAILED = "With `result=replace`, what is left of an image that failed: its old URL, or nothing"
ENCODING = "Encoding of a result as CSV: `utf-8`, or that of the file"


def _requested(
    result_format: Annotated[Literal["", "csv", "xlsx", "jsonl"], Form(description=FORMAT)] = "",
    result: Annotated[Placement, Form(description=PLACEMENT)] = Placement.APPEND,
    failed: Annotated[FailedPlaces, Form(description=FAILED)] = FailedPlaces.KEEP,
    result_encoding: Annotated[ResultEncoding, Form(description=ENCODING)] = ResultEncoding.UTF8,
) -> RequestedResult:
    """Return what the form says of the result."""
    written = ResultFormat(result_format) if result_format else None
    return RequestedResult(written, result, failed, result_encoding)


Requested = Annotated[RequestedResult, Depends(_requested)]
"""The type of a parameter that receives what the form says of the result."""
