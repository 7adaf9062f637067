"""`make destroy`: says what goes and what stays, asks, deletes the stack, then its bucket."""

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from local import stacks
from local.runner.errors import LocalError

BUCKET = "AWS::S3::Bucket"
LAYER = "AWS::Lambda::LayerVersion"  # SAM has the stack keep it
POLL = {"Delay": 10, "MaxAttempts": 360}
"""An hour, because provisioned pollers and concurrency take long to end."""

STAYS = """\
It keeps, for you to delete:
  the secrets              {secrets}
  the MongoDB database     {database}, with all jobs and API keys
  versions of the layer    CoreLayer, which other stacks of the account may use
  what SAM uploaded        the bucket aws-sam-cli-managed-default-…, which other stacks may use
"""


@dataclass(frozen=True)
class Deployment:
    """A stack, or what an interrupted `make destroy` has left of one."""

    id: str
    name: str
    resources: dict[str, list[str]]
    """The names of its resources on AWS, by type."""
    parameters: dict[str, str]
    exists: bool = True
    protected: bool = False


def find(stack: str, cloudformation: Any, s3: Any) -> Deployment:
    """Return the stack, or else a deleted one whose bucket is still there; raise LocalError without one."""
    found = stacks.find(stack, cloudformation)
    if found is None:
        return _left_over(stack, cloudformation, s3)
    protected = str(found.get("EnableTerminationProtection", False)).lower() == "true"
    resources = stacks.resources(found["StackId"], cloudformation)
    resources[BUCKET] = list(filter(_exists(s3), resources.get(BUCKET, [])))  # or deleted by hand
    return Deployment(found["StackId"], stack, resources, stacks.parameters(found), protected=protected)


def describe(deployment: Deployment, s3: Any) -> str:
    """Return what goes and what stays."""
    lines = [f"This deletes {deployment.name} for good:"]
    for bucket in deployment.resources.get(BUCKET, []):
        sizes = [entry["Size"] for entry in _objects(bucket, s3)]
        lines.append(
            f"  {len(sizes):>6,} objects, {sum(sizes):,} bytes: all images, results and uploads in {bucket}"
        )
    if deployment.exists:
        of_kinds = deployment.resources.items()
        kinds = sorted((kind, len(names)) for kind, names in of_kinds if names and kind != LAYER)
        lines += [f"  {count:>6,} {kind}" for kind, count in kinds]
    given = deployment.parameters
    secrets = " and ".join(given.get(name, name) for name in ("MongoDbUriSecretArn", "WebhookSecretArn"))
    stays = STAYS.format(secrets=secrets, database=given.get("MongoDbDatabase", "of the deployment"))
    if domain := given.get("LinkDomain"):
        stays += f"  {'the DNS record':<24} {domain}, which then leads nowhere, and its certificate\n"
    return "\n".join(lines) + "\n" + stays


def destroy(deployment: Deployment, cloudformation: Any, s3: Any) -> None:
    """Delete the stack, then its bucket, which the stack leaves behind; raise LocalError if it fails.

    In this order, because nothing stores objects once the functions are gone. It may be repeated.
    """
    if deployment.exists:
        cloudformation.delete_stack(StackName=deployment.id)
        try:
            cloudformation.get_waiter("stack_delete_complete").wait(
                StackName=deployment.id, WaiterConfig=POLL
            )
        except WaiterError as error:
            events = f"aws cloudformation describe-stack-events --stack-name {deployment.id}"
            raise LocalError(f"The stack is not deleted ({error}). What is in the way: {events}") from error
    for bucket in filter(_exists(s3), deployment.resources.get(BUCKET, [])):
        _empty(bucket, s3)
        s3.delete_bucket(Bucket=bucket)


def _left_over(stack: str, cloudformation: Any, s3: Any) -> Deployment:
    deleted = cloudformation.get_paginator("list_stacks").paginate(StackStatusFilter=[stacks.GONE])
    for page in deleted:
        for summary in page["StackSummaries"]:
            if summary["StackName"] == stack:
                buckets = stacks.resources(summary["StackId"], cloudformation).get(BUCKET, [])
                if kept := list(filter(_exists(s3), buckets)):
                    return Deployment(summary["StackId"], stack, {BUCKET: kept}, {}, exists=False)
    raise stacks.missing(stack)


def _exists(s3: Any) -> Callable[[str], bool]:
    existing = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    return existing.__contains__


def _objects(bucket: str, s3: Any) -> Iterator[dict[str, Any]]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        yield from page.get("Contents", [])


def _empty(bucket: str, s3: Any) -> None:
    """Delete all objects and abort all uploads under way; the bucket has no versions."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        keys = [{"Key": entry["Key"]} for entry in page.get("Contents", [])]
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True}) if keys else {}
        if errors := answer.get("Errors"):
            raise LocalError(f"{bucket} cannot be emptied: {errors[0]['Code']} for {len(errors)} objects.")
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        for upload in page.get("Uploads", []):
            s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])


def _confirm(deployment: Deployment, confirmed: str | None) -> None:
    """Ask, unless the name was given; raise LocalError if it is another, or the stack is protected."""
    name = deployment.name
    if deployment.protected:
        raise LocalError(
            f"{name} is protected. To allow it: aws cloudformation update-termination-protection "
            f"--no-enable-termination-protection --stack-name {name}"
        )
    typed = confirmed or input(f"Type {name} to delete it: ")
    if typed != name:
        raise LocalError(f"{typed!r} is not {name}. Nothing was deleted.")


def main() -> int:
    """Ask, unless the stack is confirmed on the command line; return 1 if nothing or not all was deleted."""
    command_line = argparse.ArgumentParser(prog="python -m local.destroy", description=__doc__)
    command_line.add_argument("stack")
    command_line.add_argument("--confirm", help="the name of the stack again, in place of the question")
    arguments = command_line.parse_args()
    deleting = False
    try:
        cloudformation, s3 = boto3.client("cloudformation"), boto3.client("s3")
        deployment = find(arguments.stack, cloudformation, s3)
        print(describe(deployment, s3))
        _confirm(deployment, arguments.confirm)
        print("Deleting. This takes some minutes, and up to an hour with SubnetIds.", flush=True)
        deleting = True
        destroy(deployment, cloudformation, s3)
    except (LocalError, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    except (EOFError, KeyboardInterrupt):
        print("\nInterrupted: run it again." if deleting else "\nNothing was deleted.", file=sys.stderr)
        return 1
    print(f"{deployment.name} is deleted.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
