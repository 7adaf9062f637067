"""What `make key` says of a stack that is not there, or has no function for API keys."""

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from local import keys
from local.runner.errors import LocalError


def test_a_stack_without_the_function_is_said_with_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    client: Any = boto3.client("cloudformation", region_name="eu-central-1")
    monkeypatch.setattr(boto3, "client", lambda service: client)
    stack = {
        "StackName": "catalight-dev",
        "StackStatus": "ROLLBACK_COMPLETE",
        "CreationTime": datetime.now(UTC),
    }
    with Stubber(client) as stub:
        stub.add_response("describe_stacks", {"Stacks": [stack]})
        with pytest.raises(LocalError, match="catalight-dev is ROLLBACK_COMPLETE, and has no output"):
            keys.on_aws({"action": "list"}, "catalight-dev")


def test_a_stack_that_is_not_there_is_said_as_by_destroy(monkeypatch: pytest.MonkeyPatch) -> None:
    client: Any = boto3.client("cloudformation", region_name="eu-central-1")
    monkeypatch.setattr(boto3, "client", lambda service: client)
    with Stubber(client) as stub:
        unknown = "Stack with id other does not exist"
        stub.add_client_error("describe_stacks", "ValidationError", unknown)
        with pytest.raises(LocalError, match="There is no stack other in this account and region"):
            keys.on_aws({"action": "list"}, "other")
