"""`make deploy` and `make destroy` as a first user runs them, with moto for AWS."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.runner.children import PROJECT, Child, free_port, listening
from tests.translated import SECRETS

REGION = "eu-central-1"
STACK = "catalight-dev"

type Make = Callable[..., str]
type Clients = Callable[[str], Any]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A user's environment: credentials, a region and the ARNs of the secrets."""
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
        yield environment
    finally:
        moto.stop()


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
def clients(environment: dict[str, str]) -> Clients:
    create: Any = boto3.Session("test", "test", region_name=REGION).client
    return lambda service: create(service, endpoint_url=environment["AWS_ENDPOINT_URL"])


def buckets(clients: Clients) -> set[str]:
    return {bucket["Name"] for bucket in clients("s3").list_buckets()["Buckets"]}


def test_a_deployment_is_created_and_destroyed(make: Make, clients: Clients) -> None:
    """With SAM's own bucket for what it uploads. moto creates neither the alarms nor the API."""
    printed = make("deploy", "ENV=dev", "PARAMETERS=RetentionDays=7 AlarmEmail=you@example.com")
    assert f"Successfully created/updated stack - {STACK} in {REGION}" in printed
    cloudformation = clients("cloudformation")
    [stack] = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    given = {entry["ParameterKey"]: entry["ParameterValue"] for entry in stack["Parameters"]}
    assert given.items() >= {**SECRETS, "RetentionDays": "7", "Architecture": "arm64"}.items()
    outputs = {entry["OutputKey"]: entry["OutputValue"] for entry in stack["Outputs"]}
    assert clients("lambda").get_function(FunctionName=outputs["KeysFunctionName"])
    (uploads,) = buckets(clients) - {outputs["BucketName"]}
    objects = clients("s3").list_objects_v2(Bucket=uploads)["Contents"]
    assert len(objects) == 10  # eight functions, the layer and the template

    printed = make("destroy", "ENV=dev", f"CONFIRM={STACK}")
    assert f"all images, results and uploads in {outputs['BucketName']}" in printed
    assert f"{STACK} is deleted." in printed
    assert buckets(clients) == {uploads}
    with pytest.raises(ClientError, match="does not exist"):
        cloudformation.describe_stacks(StackName=STACK)
