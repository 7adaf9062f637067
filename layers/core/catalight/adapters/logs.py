"""What functions log: JSON lines, in which exceptions tell their types, codes and places, never their texts.

The texts of exceptions carry what must not stand in a log: URLs with their queries, documents, cells.
"""

import logging
import sys
from functools import cache

from aws_lambda_powertools import Logger

from catalight.adapters.traces import trace

SERVICE = "catalight"  # also the parent of all our modules' loggers


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
