"""Logs show where and why something failed, but never the text of an exception."""

import json
import logging
import subprocess
import sys
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from pymongo.errors import OperationFailure

from catalight.adapters.logging import logs, traces
from catalight.domain.errors import ImageError, ImageErrorCode, UnavailableError
from tests.unit.adapters.conftest import Lines

CANARY = "a secret"


@pytest.fixture
def logged(lines: Lines) -> Callable[[], dict[str, Any]]:
    """Returns the only log line."""

    def read() -> dict[str, Any]:
        [line] = lines()
        assert CANARY not in json.dumps(line)
        return line

    return read


def log(fail: Callable[[], object]) -> None:
    try:
        fail()
    except Exception:
        logging.getLogger("catalight.usecases.any").exception("it failed")


def a_chain() -> None:
    try:
        try:
            int(CANARY)
        except ValueError as error:
            error.add_note(CANARY)
            raise KeyError(CANARY) from error
    except KeyError as error:
        raise UnavailableError(CANARY) from error


def test_a_chain_of_exceptions_is_logged_as_types_and_frames(logged: Callable[[], dict[str, Any]]) -> None:
    log(a_chain)
    line = logged()
    assert (line["message"], line["exception_name"]) == ("it failed", "UnavailableError")
    types = [text for text in line["exception"].splitlines() if not text.startswith(" ")]
    assert types == ["ValueError", "", "which led to:", "KeyError", "", "which led to:", "UnavailableError"]
    assert "in a_chain" in line["exception"]


def refuse(error: Exception) -> Callable[[], object]:
    def fail() -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "logged_text"),
    [
        (ClientError({"Error": {"Code": "AccessDenied", "Message": CANARY}}, "PutObject"), "AccessDenied"),
        (ClientError({"Error": {"Code": "AccessDenied", "Message": CANARY}}, "PutObject"), "PutObject"),
        (ClientError({"Error": {"Code": f"{CANARY}", "Message": ""}}, "PutObject"), "ClientError"),
        (EndpointConnectionError(endpoint_url=f"https://s3/{CANARY}"), "EndpointConnectionError"),
        (OperationFailure(CANARY, 121, {"errmsg": CANARY}), "code=121"),
        (OSError(28, CANARY, CANARY), "errno=28"),
        (ImageError(ImageErrorCode.NOT_FOUND, CANARY, status=404), "code=not_found status=404"),
        (ExceptionGroup(CANARY, [ValueError(CANARY)]), "ExceptionGroup"),
    ],
)
def test_codes_are_logged_and_texts_are_not(
    logged: Callable[[], dict[str, Any]], error: Exception, logged_text: str
) -> None:
    log(refuse(error))
    assert logged_text in logged()["exception"]


def test_a_very_long_chain_is_cut_off() -> None:
    error: Exception = ValueError()
    for _ in range(100):
        error, error.__cause__ = ValueError(), error
    assert "".join(traces.trace(error)).count("ValueError") == traces.MAX_CAUSES


def test_the_frames_of_a_deep_recursion_are_cut_off() -> None:
    def even(number: int) -> int:
        return odd(number + 1)

    def odd(number: int) -> int:
        return even(number + 1)

    with pytest.raises(RecursionError) as raised:
        even(0)
    assert "".join(traces.trace(raised.value)).count("File ") <= traces.MAX_FRAMES


def test_an_exception_of_a_handler_is_logged_here_and_not_by_lambda(
    logged: Callable[[], dict[str, Any]],
) -> None:
    @logs.redacting_exceptions
    def handle(_: str) -> None:
        raise OperationFailure(CANARY, 121)

    with pytest.raises(RuntimeError) as raised:
        handle(CANARY)
    assert CANARY not in "".join(traceback.format_exception(raised.value))
    assert "code=121" in logged()["exception"]


LIBRARIES_IN_LAMBDA = """
import logging, sys
from types import SimpleNamespace
from awslambdaric import bootstrap, lambda_runtime_log_utils as utils
sink = SimpleNamespace(log=sys.stdout.write, log_error=sys.stdout.write, log_frame=sys.stdout.write)
sink.log = lambda message, *_: sys.stdout.write(str(message))
bootstrap._setup_logging(utils.LogFormat.JSON, "DEBUG", sink)
from catalight.adapters.logging import logs
logs.logger()
for name in ("mangum.http", "pymongo.command", "botocore.endpoint"):
    logging.getLogger(name).debug("GET /images/secret")
    logging.getLogger(name).info("GET /images/secret")
logging.getLogger("catalight.any").info("ours")
"""


def test_libraries_log_no_requests_although_the_runtime_gives_the_root_logger_the_level_of_the_function() -> (
    None
):
    """Mangum logs paths at INFO, and the path of an image opens it."""
    run = [sys.executable, "-c", LIBRARIES_IN_LAMBDA]
    written = subprocess.run(run, capture_output=True, check=True, text=True, timeout=60).stdout
    assert [json.loads(line)["message"] for line in written.splitlines()] == ["ours"]
