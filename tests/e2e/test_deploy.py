"""`make deploy` as a first user runs it, up to the change set, with moto for AWS."""

import os
import subprocess
import sys
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


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_a_change_set_is_created_with_its_tags(
    environment: dict[str, str], stage: str, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with log.open("w") as output:
        ran = subprocess.run(
            ["make", "deploy", f"ENV={stage}", f"SAM_ARGS={SAM_ARGS}"],
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
    [stack] = aws.describe_stacks(StackName=f"catalight-{stage}")["Stacks"]
    assert {tag["Key"]: tag["Value"] for tag in stack["Tags"]} == {"application": "catalight", "stage": stage}
    listed = aws.list_change_sets(StackName=stack["StackName"])["Summaries"]  # moto lists those of all stacks
    statuses = [found["Status"] for found in listed if found["StackName"] == stack["StackName"]]
    assert statuses == ["CREATE_COMPLETE"]
