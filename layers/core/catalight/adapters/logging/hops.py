"""What the log lines of one chain of messages have in common, and what carries it from queue to queue.

A chain begins with a request of the API or a run of the sweeper. Its messages carry in their attributes the
id of that request and the X-Ray trace in which it began. The body of a message stays as it is, so messages of
an earlier release, and those of S3, are read without them.

X-Ray itself follows a message by its system attribute AWSTraceHeader:
https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html
"""

import os
import re
from collections.abc import Mapping

from catalight.adapters.logging.logs import logger

TRACE_VARIABLE = "_X_AMZN_TRACE_ID"  # Lambda sets it for each invocation
REQUEST_ID, TRACE_ID = "http_request_id", "trace_id"
CARRIED = (REQUEST_ID, TRACE_ID)
CONSTANT = ("function_arn", "function_memory_size")  # Powertools adds them to each line
_ROOT = re.compile(r"Root=([0-9a-f-]{1,40})")
_SAFE = re.compile(r"[\w=+/.-]{1,80}")


def begin(carried: Mapping[str, str | None], **fields: object) -> None:
    """Add what a message or a request carries, and fields of its own, to the lines of this invocation.

    A chain that begins here has the trace of this invocation.
    """
    found = {name: value for name in CARRIED if (value := carried.get(name)) and _SAFE.fullmatch(value)}
    if TRACE_ID not in found and (own := _ROOT.search(trace_header())):
        found[TRACE_ID] = own[1]
    logger().remove_keys(CONSTANT)
    logger().append_keys(**{**dict.fromkeys(CARRIED), **found, **fields})  # None removes what was before


def carried() -> dict[str, str]:
    """Return what a message that is sent now carries on."""
    keys = logger().get_current_keys() | logger().thread_safe_get_current_keys()
    return {name: str(keys[name]) for name in CARRIED if keys.get(name)}


def trace_header() -> str:
    """Return the header by which X-Ray links what is called now to this invocation; empty without tracing."""
    return os.environ.get(TRACE_VARIABLE, "")
