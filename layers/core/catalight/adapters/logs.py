"""What functions log: JSON lines, in which exceptions tell their types, codes and places, never their texts.

The texts of exceptions carry what must not stand in a log: URLs with their queries, documents, cells.
"""

import logging
import re
import sys
from collections.abc import Iterator
from functools import cache
from traceback import format_tb
from typing import Any

from aws_lambda_powertools import Logger

SERVICE = "catalight"  # also the parent of all our modules' loggers
CODES = ("code", "errno", "operation_name", "status")
MAX_CAUSES = 10
_CODE = re.compile(r"[\w.-]{1,60}")


@cache
def logger() -> Logger:
    """The function's logger; the loggers of our modules, `catalight.…`, write through it."""
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(without_texts)
    return Logger(service=SERVICE, logger_handler=handler)


def without_texts(record: logging.LogRecord) -> bool:
    """Replace a record's exception by its trace; let every record pass."""
    if record.exc_info and record.exc_info[1]:
        error = record.exc_info[1]
        record.exc_info = record.exc_text = None
        record.exception_name = type(error).__name__
        record.exception = "".join(trace(error))
    return True


def trace(error: BaseException) -> Iterator[str]:
    """The traceback of an exception, and before it those of what led to it."""
    for number, cause in enumerate(reversed(_causes(error))):
        yield "\nwhich led to:\n" if number else ""
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
