"""The end of `make deploy`: botocore checks what moto does not know."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from local import deployed
from local.runner import aws

NOWHERE = "http://127.0.0.1:1"
RELEASE = "2611010000"


@pytest.fixture
def client() -> Any:
    return aws.client("cloudformation", NOWHERE)


@pytest.fixture
def stub(client: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    clients = {"cloudformation": client, "lambda": aws.client("lambda", NOWHERE)}
    monkeypatch.setattr(boto3, "client", clients.__getitem__)
    with Stubber(client) as stub:
        yield stub


def describe(stub: Stubber, status: str, release: str, name: str = "catalight-prod") -> None:
    """Have CloudFormation describe a stack."""
    parameters = [{"ParameterKey": "Release", "ParameterValue": release}]
    stack = {
        "StackName": name,
        "StackStatus": status,
        "CreationTime": datetime.now(UTC),
        "Parameters": parameters,
    }
    stub.add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": name})


@pytest.mark.parametrize(
    ("status", "release"), [("REVIEW_IN_PROGRESS", RELEASE), ("UPDATE_COMPLETE", "2610010000")]
)
def test_a_release_that_is_not_deployed_changes_nothing(
    stub: Stubber,
    status: str,
    release: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Any further call would fail."""
    monkeypatch.setattr("sys.argv", ["deployed", "catalight-prod", RELEASE])
    describe(stub, status, release)
    assert deployed.main() == 0
    assert capsys.readouterr().out == "Nothing was deployed.\n"


@pytest.mark.parametrize("stack", ["catalight-prod", "catalight-dev"])
def test_production_is_protected(stub: Stubber, stack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["deployed", stack, RELEASE])
    describe(stub, "UPDATE_COMPLETE", RELEASE, stack)
    if stack == "catalight-prod":
        protection = {"StackName": stack, "EnableTerminationProtection": True}
        stub.add_response("update_termination_protection", {"StackId": "id"}, protection)
    stub.add_response("list_stack_resources", {"StackResourceSummaries": []}, {"StackName": stack})
    assert deployed.main() == 0
    stub.assert_no_pending_responses()


def test_production_that_is_not_protected_is_a_failure(
    stub: Stubber, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["deployed", "catalight-prod", RELEASE])
    describe(stub, "CREATE_COMPLETE", RELEASE)
    stub.add_client_error("update_termination_protection", "AccessDenied")
    assert deployed.main() == 1
    assert "AccessDenied" in capsys.readouterr().err
