"""Old versions of functions are deleted after a deployment, with moto for AWS."""

import io
import json
import zipfile
from typing import Any

import pytest

from local.prune import prune
from local.runner import aws

LAMBDA = {"Service": "lambda.amazonaws.com"}
TRUST = {"Statement": [{"Effect": "Allow", "Principal": LAMBDA, "Action": "sts:AssumeRole"}]}


def code(number: int) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("a.py", f"N = {number}")
    return archive.getvalue()


@pytest.fixture
def functions(aws_endpoint: str) -> Any:
    return aws.client("lambda", aws_endpoint)


@pytest.fixture
def stack(aws_endpoint: str) -> str:
    """A stack with one function."""
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": "pruned",
            "Runtime": "python3.13",
            "Handler": "a.b",
            "Role": {"Fn::GetAtt": ["R", "Arn"]},
            "Code": {"ZipFile": "N = 0"},
        },
    }
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}}
    template = json.dumps({"Resources": {"R": role, "F": function}})
    aws.client("cloudformation", aws_endpoint).create_stack(StackName="pruned", TemplateBody=template)
    return "pruned"


def test_what_is_live_and_two_before_it_stay(functions: Any, stack: str, aws_endpoint: str) -> None:
    cloudformation = aws.client("cloudformation", aws_endpoint)
    for number in range(1, 7):
        functions.update_function_code(FunctionName="pruned", ZipFile=code(number))
        functions.publish_version(FunctionName="pruned")
    assert prune(stack, cloudformation, functions) == []  # nothing is live
    functions.create_alias(FunctionName="pruned", Name="tried", FunctionVersion="$LATEST")
    assert prune(stack, cloudformation, functions) == []
    functions.create_alias(
        FunctionName="pruned",
        Name="live",
        FunctionVersion="5",
        RoutingConfig={"AdditionalVersionWeights": {"6": 0.1}},
    )
    assert prune(stack, cloudformation, functions) == ["pruned:1", "pruned:2"]
    functions.update_alias(FunctionName="pruned", Name="live", FunctionVersion="6", RoutingConfig={})
    assert prune(stack, cloudformation, functions) == ["pruned:3"]
    left = functions.list_versions_by_function(FunctionName="pruned")["Versions"]
    assert [version["Version"] for version in left] == ["$LATEST", "4", "5", "6"]
    assert prune(stack, cloudformation, functions) == []
