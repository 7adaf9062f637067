"""`make deploy-check`: tries what a deployment needs and what would fail later. It changes nothing."""

import base64
import binascii
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from pymongo.errors import PyMongoError

from catalight.adapters.mongo.client import UriError, open_database
from catalight.adapters.mongo.refusals import Refusal, refusal
from catalight.domain import consistency
from catalight.domain.errors import UnavailableError
from local import options
from local.runner.errors import LocalError

UPDATABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")
UNRESERVED = 100  # docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
SPARE = 1.2  # docs/operations.md, "Quotas before a big day"
SELECT_SECONDS = 5.0


class ProblemError(Exception):
    """What would fail, and what to do."""


@dataclass(frozen=True)
class Deployment:
    """What is to be deployed, and the clients of its account by service."""

    stack: str
    mongodb_secret: str
    webhook_secret: str
    given: Mapping[str, str]
    client: Callable[[str], Any]

    def value(self, name: str) -> str:
        """Return the value of a parameter: the given one, or else the default."""
        return str(self.given.get(name, _declared()[name]["Default"]))

    def numbers(self) -> dict[str, float]:
        """Return the values of all parameters that are numbers."""
        return options.numbers(_declared(), self.given)


_declared = cache(options.declared)


def credentials(deployment: Deployment) -> str:
    """Return who is to deploy, and where."""
    sts = deployment.client("sts")
    return f"{sts.get_caller_identity()['Arn']} in {sts.meta.region_name}"


def webhook_secret(deployment: Deployment) -> str:
    """Return that the secret signs webhooks; raise ProblemError unless it is as in Standard Webhooks."""
    values = _secret(deployment, deployment.webhook_secret).split()
    for value in values:
        try:
            key = base64.b64decode(value.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            key = b""
        if not value.startswith("whsec_") or len(key) < 24:
            raise ProblemError("it must be whsec_ and 24 or more bytes in base64")
    if not values:
        raise ProblemError("it is empty")
    return "well-formed"


def mongodb(deployment: Deployment) -> str:
    """Return how MongoDB was reached; raise ProblemError if it is not, or the user may not read and write."""
    uri = _secret(deployment, deployment.mongodb_secret)
    in_vpc = bool(deployment.value("SubnetIds"))
    try:
        database = open_database(uri, deployment.value("MongoDbDatabase"), SELECT_SECONDS)
        try:
            database["jobs"].find_one({}, {"_id": True})
            database["jobs"].update_one({"_id": "deploy-check"}, {"$set": {"tried": True}})  # there is none
        finally:
            database.client.close()
    except UriError:
        raise ProblemError("the secret holds no MongoDB URI (mongodb://… or mongodb+srv://…)") from None
    except (UnavailableError, PyMongoError) as error:
        cause = error.__cause__ if isinstance(error, UnavailableError) else error
        reason = refusal(cause)
        if reason in (Refusal.LOGIN, Refusal.CREDENTIALS) and "MONGODB-AWS" in uri:
            return "reached; the functions' roles log in, which cannot be tried from here"
        if in_vpc and reason not in (Refusal.LOGIN, Refusal.MECHANISM):
            return (
                "not reached from here; the functions are in a VPC, so look at SweeperAlarm after deploying"
            )
        raise ProblemError(f"MongoDB {reason or 'does not answer, or refuses to read and write'}") from None
    return "reached from here, reads and writes"


def concurrency(deployment: Deployment) -> str:
    """Return the account's concurrency; raise ProblemError if the queues' functions do not fit into it."""
    limits = deployment.client("lambda").get_account_settings()["AccountLimit"]
    numbers = deployment.numbers()
    needed = SPARE * consistency.functions_at_once(numbers)
    available = limits["ConcurrentExecutions"]
    if available < needed:
        raise ProblemError(
            f"{available} functions at once, and {needed:.0f} are needed: raise the quota, "
            "or lower ImageConcurrency and AggregatorConcurrency"
        )
    reserved = numbers["ImageReserved"] + numbers["ApiReserved"]
    if reserved and limits["UnreservedConcurrentExecutions"] - reserved < UNRESERVED:
        raise ProblemError(f"{UNRESERVED} must stay unreserved: lower ImageReserved and ApiReserved")
    return f"{available} functions at once; {needed:.0f} are needed"


def name(deployment: Deployment) -> str:
    """Return whether the stack is new; raise ProblemError if there is one that cannot be updated."""
    try:
        [found] = deployment.client("cloudformation").describe_stacks(StackName=deployment.stack)["Stacks"]
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        return f"{deployment.stack} is free"
    if found["StackStatus"] not in UPDATABLE:
        raise ProblemError(
            f"{deployment.stack} is {found['StackStatus']}: make destroy STACK={deployment.stack}"
        )
    return f"{deployment.stack} exists, and would be updated"


def network(deployment: Deployment) -> str:
    """Return the VPC; raise ProblemError unless the subnets and the security groups are in the same one."""
    subnets, groups = (
        [one for one in deployment.value(name).split(",") if one]
        for name in ("SubnetIds", "SecurityGroupIds")
    )
    if not subnets:
        return "no VPC"
    if not groups:
        raise ProblemError("SubnetIds need SecurityGroupIds")
    ec2 = deployment.client("ec2")
    found = ec2.describe_subnets(SubnetIds=subnets)["Subnets"]
    found += ec2.describe_security_groups(GroupIds=groups)["SecurityGroups"]
    vpc, *others = sorted({str(one["VpcId"]) for one in found})
    if others:
        raise ProblemError("SubnetIds and SecurityGroupIds are of several VPCs")
    return vpc


def key(deployment: Deployment) -> str:
    """Return the state of the KMS key; raise ProblemError if it is not enabled."""
    arn = deployment.value("KmsKeyArn")
    if not arn:
        return "keys of the services"
    state: str = deployment.client("kms").describe_key(KeyId=arn)["KeyMetadata"]["KeyState"]
    if state != "Enabled":
        raise ProblemError(f"{arn} is {state}")
    return "enabled"


CHECKS: Mapping[str, Callable[[Deployment], str]] = {
    "credentials": credentials,
    "webhook secret": webhook_secret,
    "MongoDB": mongodb,
    "concurrency": concurrency,
    "stack": name,
    "network": network,
    "encryption": key,
}


def results(deployment: Deployment) -> Iterator[tuple[str, bool, str]]:
    """Yield the name of each check, whether all is well, and what was found."""
    for title, check in CHECKS.items():
        try:
            yield title, True, check(deployment)
        except (ProblemError, BotoCoreError, ClientError) as error:
            yield title, False, str(error)


def _secret(deployment: Deployment, arn: str) -> str:
    client = deployment.client("secretsmanager")
    if arn.split(":")[3:4] != [client.meta.region_name]:
        raise ProblemError(f"{arn or 'the ARN'} is not of the region {client.meta.region_name}")
    text: str = client.get_secret_value(SecretId=arn)["SecretString"]
    return text


def main() -> int:
    """Print a line for each check; return 1 if one fails."""
    env = os.environ
    try:
        given = options.parameters(env.get("PARAMETERS", ""))
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    if not boto3.Session().region_name:
        print("No region is set: export AWS_REGION=eu-central-1", file=sys.stderr)
        return 1
    client: Any = boto3.client
    mongodb_secret, webhook_secret = (
        env.get(f"{name}_SECRET_ARN", "") for name in ("MONGODB_URI", "WEBHOOK")
    )
    failed = 0
    for title, well, found in results(Deployment(sys.argv[1], mongodb_secret, webhook_secret, given, client)):
        print(f"{'ok  ' if well else 'FAIL'}  {title:<15} {found}")
        failed += not well
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
