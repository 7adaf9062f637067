"""`make deploy` as a first user runs it, up to the change set, with moto for AWS."""

import json
import tomllib
from collections.abc import Iterator

import pytest

from local.runner.children import PROJECT
from tests.e2e import operators
from tests.e2e.operators import REGION, Operator
from tests.translated import SECRETS

BUCKET = "artifacts"
RUNNING = {
    "Parameters": {
        name: {"Type": "String"}
        for name in ("ImageConcurrency", "Rollout", "Release", "AlarmEmail", "ContactUrl", "Removed")
    },
    "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
}
"""A deployment that exists, of a release with one parameter that this one does not have."""
SAM_ARGS = f"--no-resolve-s3 --s3-bucket {BUCKET}"


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    with operators.operator("local.runner.moto_server", tmp_path_factory.mktemp("operator")) as operator:
        place = {"LocationConstraint": REGION}
        operator.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
        yield operator


def deployed(operator: Operator, stage: str, parameters: str) -> dict[str, str]:
    """Run `make deploy`, and return the parameters of the change set that it has created."""
    not_executed = f"SAM_ARGS={SAM_ARGS} --no-execute-changeset"
    printed = operator.make("deploy", f"ENV={stage}", not_executed, f"PARAMETERS={parameters}")
    assert "Nothing was deployed." in printed
    aws, name = operator.client("cloudformation"), f"catalight-{stage}"
    listed = aws.list_change_sets(StackName=name)["Summaries"]  # moto lists those of all stacks
    [found] = [one for one in listed if one["StackName"] == name]
    assert found["Status"] == "CREATE_COMPLETE"
    described = aws.describe_change_set(ChangeSetName=found["ChangeSetId"], StackName=name)
    return {entry["ParameterKey"]: entry["ParameterValue"] for entry in described["Parameters"]}


def test_a_first_deployment_has_the_defaults_what_is_given_and_its_tags(operator: Operator) -> None:
    given = deployed(operator, "prod", "Window=500")
    assert given.pop("Release").isdecimal()
    assert given == {**SECRETS, "Architecture": "arm64", "Window": "500"}
    [stack] = operator.client("cloudformation").describe_stacks(StackName="catalight-prod")["Stacks"]
    tags = {tag["Key"]: tag["Value"] for tag in stack["Tags"]}
    assert tags == {"application": "catalight", "stage": "prod"}


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_each_stage_has_its_tags(stage: str) -> None:
    """Those of an update are not in moto's change set."""
    settings = tomllib.loads((PROJECT / "samconfig.toml").read_text())[stage]["deploy"]["parameters"]
    assert settings["tags"] == f"application=catalight stage={stage}"


def test_parameters_that_were_set_stay_set_until_they_are_emptied(operator: Operator) -> None:
    before = {
        "ImageConcurrency": "50",
        "Rollout": "AllAtOnce",
        "Release": "2611010000",
        "AlarmEmail": "a@example.com",
        "ContactUrl": "",
        "Removed": "x",
    }
    operator.client("cloudformation").create_stack(
        StackName="catalight-dev",
        TemplateBody=json.dumps(RUNNING),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in before.items()],
    )
    contact = "https://example.com/contact?about="
    words = f"Rollout=Canary10Percent30Minutes AlarmEmail= ContactUrl={contact}"
    given = deployed(operator, "dev", words)
    assert (given["ImageConcurrency"], given["Rollout"]) == ("50", "Canary10Percent30Minutes")
    assert (given["AlarmEmail"], given["ContactUrl"]) == ("", contact)
    assert given["Release"] > before["Release"]
    assert "Removed" not in given
    assert "Window" not in given  # new parameters have their defaults


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_what_is_answered_with_no_is_not_deployed(operator: Operator, stage: str) -> None:
    """Neither in a stack that exists, nor in one that has no resources yet; moto cannot protect any."""
    asked = f"SAM_ARGS={SAM_ARGS} --confirm-changeset"
    printed = operator.make("deploy", f"ENV={stage}", asked, answer="n\n")
    assert "Deploy this changeset?" in printed
    assert "Nothing was deployed." in printed
    assert "Successfully" not in printed
