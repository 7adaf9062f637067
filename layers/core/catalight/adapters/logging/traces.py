"""What an exception tells without its text: types, codes and places."""

import re
from collections.abc import Iterator
from traceback import format_tb
from typing import Any

CODES = ("code", "errno", "operation_name", "status")
MAX_CAUSES = 10
TRACE_ELSEWHERE = "trace_elsewhere"  # of an exception of another process, on the one that tells of it here
_CODE = re.compile(r"[\w.-]{1,60}")


def trace(error: BaseException) -> Iterator[str]:
    """The traceback of an exception, and before it those of what led to it."""
    for number, cause in enumerate(reversed(_causes(error))):
        yield "\nwhich led to:\n" if number else ""
        yield getattr(cause, TRACE_ELSEWHERE, "")
        yield from format_tb(cause.__traceback__)
        yield f"{type(cause).__name__} {_codes(cause)}".rstrip() + "\n"


def _causes(error: BaseException) -> list[BaseException]:
    causes: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and len(causes) < MAX_CAUSES:
        causes.append(current)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return causes


def _codes(error: BaseException) -> str:
    """What an exception says in codes, where it has any."""
    found = {name: getattr(error, name, None) for name in CODES}
    response: Any = getattr(error, "response", None)
    if isinstance(response, dict):  # botocore's
        found["code"] = response.get("Error", {}).get("Code")
    return " ".join(f"{name}={code}" for name, code in found.items() if _CODE.fullmatch(str(code or "")))
