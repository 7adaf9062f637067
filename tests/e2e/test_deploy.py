"""`make deploy` as a first user runs it, up to the change set, with moto for AWS."""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import boto3
import pytest

from local.runner.children import PROJECT, Child, free_port, listening
from tests.translated import SECRETS

REGION: Final = "eu-central-1"
BUCKET = "artifacts"
SESSION = boto3.Session("test", "test", region_name=REGION)
RUNNING = {
    "Parameters": {
        name: {"Type": "String"} for name in ("ImageConcurrency", "Rollout", "Release", "Removed")
    },
    "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
}
"""A deployment that exists, of a release with one parameter that this one does not have."""
SAM_ARGS = f"--no-resolve-s3 --s3-bucket {BUCKET} --no-execute-changeset"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A user's environment: credentials and AWS_REGION."""
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = kept | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": f"http://localhost:{port}",  # moto finds no bucket by a numeric address
        "MONGODB_URI_SECRET_ARN": SECRETS["MongoDbUriSecretArn"],
        "WEBHOOK_SECRET_ARN": SECRETS["WebhookSecretArn"],
        "SAM_CLI_POLL_DELAY": "0.2",  # seconds; moto is done at once
    }
    command = [sys.executable, "-m", "local.runner.moto_server", str(port)]
    moto = Child("moto", command, environment, tmp_path_factory.mktemp("moto") / "log")
    try:
        moto.wait_until(lambda: listening(port))
        s3 = SESSION.client("s3", endpoint_url=environment["AWS_ENDPOINT_URL"])
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield environment
    finally:
        moto.stop()


def deployed(environment: dict[str, str], stage: str, log: Path, parameters: str) -> dict[str, str]:
    """Run `make deploy`, and return the parameters of the change set that it has created."""
    with log.open("w") as output:
        ran = subprocess.run(
            ["make", "deploy", f"ENV={stage}", f"SAM_ARGS={SAM_ARGS}", f"PARAMETERS={parameters}"],
            cwd=PROJECT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=600,
            check=False,
        )
    assert ran.returncode == 0, log.read_text()[-3000:]
    aws = SESSION.client("cloudformation", endpoint_url=environment["AWS_ENDPOINT_URL"])
    name = f"catalight-{stage}"
    listed = aws.list_change_sets(StackName=name)["Summaries"]  # moto lists those of all stacks
    [found] = [one for one in listed if one["StackName"] == name]
    assert found["Status"] == "CREATE_COMPLETE"
    described = aws.describe_change_set(ChangeSetName=found["ChangeSetId"], StackName=name)
    return {entry["ParameterKey"]: entry["ParameterValue"] for entry in described["Parameters"]}


def test_a_first_deployment_has_the_defaults_what_is_given_and_its_tags(
    environment: dict[str, str], tmp_path: Path
) -> None:
    given = deployed(environment, "prod", tmp_path / "log", "Window=500")
    assert given.pop("Release").isdecimal()
    assert given == {**SECRETS, "Architecture": "arm64", "Window": "500"}
    aws = SESSION.client("cloudformation", endpoint_url=environment["AWS_ENDPOINT_URL"])
    [stack] = aws.describe_stacks(StackName="catalight-prod")["Stacks"]
    tags = {tag["Key"]: tag["Value"] for tag in stack["Tags"]}
    assert tags == {"application": "catalight", "stage": "prod"}


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_each_stage_has_its_tags(stage: str) -> None:
    """Those of an update are not in moto's change set."""
    settings = tomllib.loads((PROJECT / "samconfig.toml").read_text())[stage]["deploy"]["parameters"]
    assert settings["tags"] == f"application=catalight stage={stage}"


def test_parameters_that_were_set_stay_set(environment: dict[str, str], tmp_path: Path) -> None:
    aws = SESSION.client("cloudformation", endpoint_url=environment["AWS_ENDPOINT_URL"])
    before = {"ImageConcurrency": "50", "Rollout": "AllAtOnce", "Release": "2611010000", "Removed": "x"}
    aws.create_stack(
        StackName="catalight-dev",
        TemplateBody=json.dumps(RUNNING),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in before.items()],
    )
    given = deployed(environment, "dev", tmp_path / "log", "Rollout=Canary10Percent30Minutes")
    assert (given["ImageConcurrency"], given["Rollout"]) == ("50", "Canary10Percent30Minutes")
    assert given["Release"] > before["Release"]
    assert "Removed" not in given
    assert "Window" not in given  # new parameters have their defaults
