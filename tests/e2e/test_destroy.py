"""`make deploy` and `make destroy` as a first user runs them, with moto for AWS."""

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from tests.e2e import operators
from tests.e2e.operators import REGION, Operator
from tests.translated import SECRETS

STACK = "catalight-dev"


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    with operators.operator("tests.e2e.deploying_moto", tmp_path_factory.mktemp("operator")) as operator:
        yield operator


def buckets(operator: Operator) -> set[str]:
    return {bucket["Name"] for bucket in operator.client("s3").list_buckets()["Buckets"]}


def test_a_deployment_is_created_and_destroyed(operator: Operator) -> None:
    """With SAM's own bucket for what it uploads. moto creates neither the alarms nor the API."""
    printed = operator.make("deploy", "ENV=dev", "PARAMETERS=RetentionDays=7 AlarmEmail=you@example.com")
    assert f"Successfully created/updated stack - {STACK} in {REGION}" in printed
    cloudformation = operator.client("cloudformation")
    [stack] = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    given = {entry["ParameterKey"]: entry["ParameterValue"] for entry in stack["Parameters"]}
    assert given.items() >= {**SECRETS, "RetentionDays": "7", "Architecture": "arm64"}.items()
    outputs = {entry["OutputKey"]: entry["OutputValue"] for entry in stack["Outputs"]}
    assert operator.client("lambda").get_function(FunctionName=outputs["KeysFunctionName"])
    (uploads,) = buckets(operator) - {outputs["BucketName"]}
    objects = operator.client("s3").list_objects_v2(Bucket=uploads)["Contents"]
    assert len(objects) == 10  # eight functions, the layer and the template

    printed = operator.make("destroy", "ENV=dev", f"CONFIRM={STACK}")
    assert f"all images, results and uploads in {outputs['BucketName']}" in printed
    assert f"{STACK} is deleted." in printed
    assert buckets(operator) == {uploads}
    with pytest.raises(ClientError, match="does not exist"):
        cloudformation.describe_stacks(StackName=STACK)
