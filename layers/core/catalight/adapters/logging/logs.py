"""What functions log: JSON lines, in which exceptions tell their types, codes and places, never their texts.

The texts of exceptions carry what must not stand in a log: URLs with their queries, documents, cells.
"""

import logging
import sys
from collections.abc import Callable
from functools import cache, wraps

from aws_lambda_powertools import Logger

from catalight.adapters.logging.traces import trace

SERVICE = "catalight"  # also the parent of all our modules' loggers


@cache
def logger() -> Logger:
    """The function's logger; the loggers of our modules, `catalight.…`, write through it."""
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(redact_exception)
    return Logger(service=SERVICE, logger_handler=handler)


def redacting_exceptions[**P, R](handle: Callable[P, R]) -> Callable[P, R]:
    """A handler whose exceptions are logged here: Lambda's runtime would print them with their texts."""

    @wraps(handle)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return handle(*args, **kwargs)
        except Exception:  # noqa: BLE001 - all of them: this is the last place that knows them
            logger().exception("the function failed")
            raise RuntimeError("The function failed; its log tells where.") from None

    return guarded


def redact_exception(record: logging.LogRecord) -> bool:
    """Replace a record's exception by its trace; let every record pass."""
    if record.exc_info and record.exc_info[1]:
        error = record.exc_info[1]
        record.exc_info = record.exc_text = None
        record.exception_name = type(error).__name__
        record.exception = "".join(trace(error))
    return True
