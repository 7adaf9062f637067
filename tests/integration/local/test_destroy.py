"""`make destroy` against moto: it says what goes, asks, and leaves nothing but what it names."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from local import destroy, stacks
from local.runner import aws

TEMPLATE = {
    "Parameters": {"MongoDbDatabase": {"Type": "String", "Default": "shop"}},
    "Resources": {
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "DeletionPolicy": "Retain",  # moto does not know RetainExceptOnCreate
            "UpdateReplacePolicy": "Retain",
        },
        "Queue": {"Type": "AWS::SQS::Queue"},
    },
}

type Run = Callable[..., int]


@pytest.fixture
def cloudformation(aws_endpoint: str) -> Any:
    return aws.client("cloudformation", aws_endpoint)


@pytest.fixture
def s3(aws_endpoint: str) -> Any:
    return aws.client("s3", aws_endpoint)


@pytest.fixture
def stack(request: pytest.FixtureRequest, cloudformation: Any, s3: Any) -> str:
    """A stack of a name of its own, whose bucket has objects and an upload under way."""
    name: str = request.node.name.replace("_", "-").replace("[", "-").rstrip("]")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(TEMPLATE))
    bucket = bucket_of(name, cloudformation)
    for number in range(3):
        s3.put_object(Bucket=bucket, Key=f"images/{number}", Body=b"12345")
    s3.create_multipart_upload(Bucket=bucket, Key="results/1.zip")
    return name


@pytest.fixture
def run(cloudformation: Any, s3: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    def run(*arguments: str, answer: str = "") -> int:
        monkeypatch.setattr("sys.argv", ["destroy", *arguments])
        monkeypatch.setattr("builtins.input", lambda _: answer)
        clients = {"cloudformation": cloudformation, "s3": s3}
        monkeypatch.setattr(boto3, "client", clients.__getitem__)
        return destroy.main()

    return run


def bucket_of(stack: str, cloudformation: Any) -> str:
    found: str = cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId="Bucket")[
        "StackResourceDetail"
    ]["PhysicalResourceId"]
    return found


def buckets(s3: Any) -> set[str]:
    return {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}


def test_it_says_what_goes_and_what_stays_and_then_deletes_it(
    stack: str, run: Run, cloudformation: Any, s3: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket = bucket_of(stack, cloudformation)
    assert run(stack, answer=stack) == 0
    said = capsys.readouterr().out
    assert f"3 objects, 15 bytes: all images, results and uploads in {bucket}" in said
    assert "1 AWS::SQS::Queue" in said
    assert "MongoDB database     shop" in said
    assert bucket not in buckets(s3)
    with pytest.raises(ClientError, match="does not exist"):
        cloudformation.describe_stacks(StackName=stack)
    assert run(stack, answer=stack) == 1
    assert f"There is no stack {stack}" in capsys.readouterr().err


def test_a_domain_of_links_is_named_only_if_there_is_one(s3: Any) -> None:
    given = {"LinkDomain": "images.shop.example", "MongoDbDatabase": "shop"}
    said = destroy.describe(destroy.Deployment("id", "s", {}, given), s3)
    assert "the DNS record           images.shop.example, which then leads nowhere" in said
    assert "DNS" not in destroy.describe(destroy.Deployment("id", "s", {}, given | {"LinkDomain": ""}), s3)


@pytest.mark.parametrize("answer", ["", "y", "other"])
def test_another_answer_deletes_nothing(
    stack: str, run: Run, cloudformation: Any, s3: Any, answer: str
) -> None:
    assert run(stack, answer=answer) == 1
    assert len(list(destroy._objects(bucket_of(stack, cloudformation), s3))) == 3


def test_what_an_interrupted_call_left_is_deleted_by_the_next(
    stack: str, run: Run, cloudformation: Any, s3: Any
) -> None:
    bucket = bucket_of(stack, cloudformation)
    cloudformation.delete_stack(StackName=stack)
    assert bucket in buckets(s3)
    assert run(stack, "--confirm", stack) == 0
    assert bucket not in buckets(s3)


def test_an_interruption_says_whether_anything_was_deleted(
    stack: str, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(destroy, "destroy", interrupted)
    assert run(stack, "--confirm", stack) == 1
    assert "Interrupted: run it again." in capsys.readouterr().err
    monkeypatch.setattr(destroy, "_confirm", interrupted)
    assert run(stack) == 1
    assert "Nothing was deleted." in capsys.readouterr().err


def test_a_bucket_that_was_deleted_by_hand_holds_up_nothing(
    stack: str, run: Run, cloudformation: Any, s3: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    destroy._empty(bucket := bucket_of(stack, cloudformation), s3)
    s3.delete_bucket(Bucket=bucket)
    assert run(stack, "--confirm", stack) == 0
    assert "S3" not in capsys.readouterr().out


def test_what_was_never_created_has_no_name(cloudformation: Any) -> None:
    entries: list[dict[str, Any]] = [
        {
            "LogicalResourceId": "Api",
            "ResourceType": "AWS::Lambda::Function",
            "ResourceStatus": "CREATE_FAILED",
        },
        {
            "LogicalResourceId": "Queue",
            "PhysicalResourceId": "queue",
            "ResourceType": "AWS::SQS::Queue",
            "ResourceStatus": "CREATE_COMPLETE",
        },
    ]
    summaries = [{**entry, "LastUpdatedTimestamp": datetime(2026, 1, 1, tzinfo=UTC)} for entry in entries]
    with Stubber(cloudformation) as stubber:
        stubber.add_response(
            "list_stack_resources", {"StackResourceSummaries": summaries}, {"StackName": "s"}
        )
        assert stacks.resources("s", cloudformation) == {"AWS::SQS::Queue": ["queue"]}


def test_a_protected_stack_is_not_deleted(
    run: Run, cloudformation: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    cloudformation.create_stack(
        StackName="protected", TemplateBody=json.dumps(TEMPLATE), EnableTerminationProtection=True
    )
    assert run("protected", "--confirm", "protected") == 1
    assert "--no-enable-termination-protection" in capsys.readouterr().err
    assert cloudformation.describe_stacks(StackName="protected")["Stacks"]
