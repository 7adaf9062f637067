"""Tracebacks without exception texts: types, codes and code locations."""

import re
from collections.abc import Iterator
from traceback import format_tb
from typing import Any

CODES = ("code", "errno", "operation_name", "status")
MAX_CAUSES = 10
MAX_FRAMES = 50  # of each; those of a RecursionError could exceed what CloudWatch takes as one line
REMOTE_TRACE = "remote_trace"  # attribute with the traceback of another process's exception
_CODE = re.compile(r"[\w.-]{1,60}")


def trace(error: BaseException) -> Iterator[str]:
    """Yield the tracebacks of an exception's causes, the first one first, then that of the exception."""
    for number, cause in enumerate(reversed(_causes(error))):
        yield "\nwhich led to:\n" if number else ""
        yield getattr(cause, REMOTE_TRACE, "")
        yield from format_tb(cause.__traceback__, -MAX_FRAMES)  # the last ones
        yield f"{type(cause).__name__} {_codes(cause)}".rstrip() + "\n"


def _causes(error: BaseException) -> list[BaseException]:
    causes: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and len(causes) < MAX_CAUSES:
        causes.append(current)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return causes


def _codes(error: BaseException) -> str:
    """Return the codes of an exception as `name=code`, if it has any."""
    found = {name: getattr(error, name, None) for name in CODES}
    response: Any = getattr(error, "response", None)
    if isinstance(response, dict):  # botocore's
        found["code"] = response.get("Error", {}).get("Code")
    return " ".join(f"{name}={code}" for name, code in found.items() if _CODE.fullmatch(str(code or "")))
