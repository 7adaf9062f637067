"""`make deploy` and `make destroy` as a first user runs them, with moto for AWS."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import boto3
import pytest
from botocore.exceptions import ClientError

from local.runner.children import PROJECT, Child, free_port, listening
from tests.translated import SECRETS

REGION: Final = "eu-central-1"
BUCKET = "artifacts"
SESSION = boto3.Session("test", "test", region_name=REGION)
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
    command = [sys.executable, "-m", "tests.e2e.deploying_moto", str(port)]
    moto = Child("moto", command, environment, tmp_path_factory.mktemp("moto") / "log")
    try:
        moto.wait_until(lambda: listening(port))
        s3 = SESSION.client("s3", endpoint_url=environment["AWS_ENDPOINT_URL"])
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield environment
    finally:
        moto.stop()


type Make = Callable[..., str]


@pytest.fixture
def make(environment: dict[str, str], tmp_path: Path) -> Make:
    """Run make without a terminal; return what it prints, unless it fails."""

    def make(*arguments: str) -> str:
        log = tmp_path / "log"
        with log.open("w") as output:
            ran = subprocess.run(
                ["make", *arguments],
                cwd=PROJECT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=600,
                check=False,
            )
        assert ran.returncode == 0, log.read_text()[-3000:]
        return log.read_text()

    return make


@pytest.fixture
def client(environment: dict[str, str]) -> Callable[[str], Any]:
    create: Any = SESSION.client
    return lambda service: create(service, endpoint_url=environment["AWS_ENDPOINT_URL"])


def tags(stack: str) -> dict[str, str]:
    return {"application": "catalight", "stage": stack}


def described(stack: str, client: Callable[[str], Any]) -> dict[str, Any]:
    found: dict[str, Any] = client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return found | {"Tags": {tag["Key"]: tag["Value"] for tag in found["Tags"]}}


def buckets(client: Callable[[str], Any]) -> set[str]:
    return {bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]}


def test_a_deployment_is_created_and_destroyed(make: Make, client: Callable[[str], Any]) -> None:
    """With SAM's own bucket for what it uploads. moto creates neither the alarms nor the API."""
    before = buckets(client)
    printed = make("deploy", "ENV=dev", "PARAMETERS=RetentionDays=7 AlarmEmail=you@example.com")
    assert f"Successfully created/updated stack - catalight-dev in {REGION}" in printed
    stack = described("catalight-dev", client)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert stack["Tags"] == tags("dev")
    given = {entry["ParameterKey"]: entry["ParameterValue"] for entry in stack["Parameters"]}
    assert given.items() >= {**SECRETS, "RetentionDays": "7", "Architecture": "arm64"}.items()
    outputs = {entry["OutputKey"]: entry["OutputValue"] for entry in stack["Outputs"]}
    created = buckets(client) - before
    assert outputs["BucketName"] in created
    (uploads,) = created - {outputs["BucketName"]}
    assert len(client("s3").list_objects_v2(Bucket=uploads)["Contents"]) == 10  # functions, layer, template
    assert client("lambda").get_function(FunctionName=outputs["KeysFunctionName"])

    printed = make("destroy", "ENV=dev", "CONFIRM=catalight-dev")
    assert f"all images, results and uploads in {outputs['BucketName']}" in printed
    assert "catalight-dev is deleted." in printed
    assert buckets(client) == before | {uploads}
    with pytest.raises(ClientError, match="does not exist"):
        described("catalight-dev", client)


def test_a_change_set_of_prod_is_created_with_its_tags(make: Make, client: Callable[[str], Any]) -> None:
    make("deploy", "ENV=prod", f"SAM_ARGS={SAM_ARGS}")
    assert described("catalight-prod", client)["Tags"] == tags("prod")
    listed = client("cloudformation").list_change_sets(StackName="catalight-prod")["Summaries"]
    statuses = [
        found["Status"] for found in listed if found["StackName"] == "catalight-prod"
    ]  # moto lists all
    assert statuses == ["CREATE_COMPLETE"]
