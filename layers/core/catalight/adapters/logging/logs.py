"""JSON logs in which exceptions appear with types, codes and stack traces, but never with their texts.

Exception texts may contain what must not be logged: URLs with query strings, documents, CSV cells.
"""

import logging
import sys
from collections.abc import Callable
from functools import cache, wraps

from aws_lambda_powertools import Logger

from catalight.adapters.logging.traces import trace

SERVICE = "catalight"  # also the parent of the loggers of all Catalight modules


@cache
def logger() -> Logger:
    """Return the function's logger; those of Catalight's modules, `catalight.…`, write through it.

    Libraries log warnings only. With JSON logs, Lambda's runtime gives the root logger the function's level,
    and then Mangum would log the paths of requests, and pymongo and botocore at DEBUG what they send.
    """
    logging.getLogger().setLevel(logging.WARNING)
    logging.logAsyncioTasks = False  # type: ignore[attr-defined]  # their names are those of functions
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(redact_exception)
    return Logger(service=SERVICE, logger_handler=handler, use_rfc3339=True)


def redacting_exceptions[**P, R](handle: Callable[P, R]) -> Callable[P, R]:
    """Wrap a handler to log its exceptions here: Lambda's runtime would print them with their texts."""

    @wraps(handle)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return handle(*args, **kwargs)
        except Exception:  # noqa: BLE001 - all of them: nothing after this would log them
            logger().exception("the function failed")
            raise RuntimeError("The function failed; see its log.") from None

    return guarded


def redact_exception(record: logging.LogRecord) -> bool:
    """Replace a record's exception by its trace; return True, so that no record is dropped."""
    if record.exc_info and record.exc_info[1]:
        error = record.exc_info[1]
        record.exc_info = record.exc_text = None
        record.exception_name = type(error).__name__
        record.exception = "".join(trace(error))
    return True
