"""The longest that a request can take if a service stalls, computed from the limits of its calls."""

import re

from catalight.adapters.aws.clients import REQUEST
from catalight.adapters.web import feed
from functions.api.services import MONGODB_SECONDS
from tests.translated import translated

MOST = 15  # seconds; docs/contract.md
PAUSE = 1  # the longest before botocore's second attempt (AWS SDKs, "standard" retry mode)
ADDRESSES = 8  # of S3 (its DNS answers have up to eight)
DOMAINS = (
    2  # a name is looked up as it is and, after a timeout, once more in the search list (resolv.conf(5))
)


def variables(function: str) -> dict[str, str]:
    found: dict[str, str] = translated()["Resources"][function]["Properties"]["Environment"]["Variables"]
    return found


def lookup_seconds(function: str) -> int:
    """Return the longest that resolving a name takes with one name server, which Lambda has."""
    found = re.fullmatch(r"timeout:(\d+) attempts:(\d+)", variables(function)["RES_OPTIONS"])
    assert found
    return int(found[1]) * int(found[2]) * DOMAINS


def call_seconds(attempt: float) -> float:
    """Return the longest that a call of AWS takes whose attempts stall for so long."""
    attempts = REQUEST.attempts if attempt <= REQUEST.retry_within else 1
    return attempts * (attempt + PAUSE) - PAUSE


def test_one_stalled_service_holds_a_request_for_less_than_15_seconds() -> None:
    lookup = lookup_seconds("ApiFunction")
    assert call_seconds(REQUEST.read) < MOST
    assert call_seconds(REQUEST.connect * ADDRESSES) < MOST
    assert call_seconds(lookup) < MOST
    # Without MongoDB the secret is read again, which takes no time unless names cannot be resolved.
    assert max(MONGODB_SECONDS, lookup) + call_seconds(lookup) < MOST


def test_a_host_that_stalls_holds_a_request_with_file_url_for_less_than_15_seconds() -> None:
    # Its name may be resolved when the time is nearly over.
    assert feed.SECONDS + lookup_seconds("ApiFunction") < MOST


def test_every_function_limits_its_lookups() -> None:
    functions = [
        name for name, found in translated()["Resources"].items() if found["Type"] == "AWS::Lambda::Function"
    ]
    assert len(functions) == 8
    for function in functions:
        assert 0 < lookup_seconds(function) <= 12
