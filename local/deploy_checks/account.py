"""Credentials, parameters, the webhook secret, the account's concurrency, the name of the stack."""

import base64

from botocore.exceptions import ClientError

from catalight.domain import consistency
from local.deploy_checks.deployment import Deployment, ProblemError

UPDATABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")
TO_DESTROY = (
    "REVIEW_IN_PROGRESS",
    "CREATE_FAILED",
    "ROLLBACK_FAILED",
    "ROLLBACK_COMPLETE",
    "DELETE_FAILED",
)
UNRESERVED = 100  # docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
SPARE = 1.2  # docs/operations.md, "Quotas before a big day"


def credentials(deployment: Deployment) -> str:
    """Return who is to deploy, and where."""
    sts = deployment.client("sts")
    return f"{sts.get_caller_identity()['Arn']} in {sts.meta.region_name}"


def parameters(deployment: Deployment) -> str:
    """Return how many values stay as they are; raise ProblemError if they contradict those that are given."""
    for problem in consistency.problems(deployment.numbers()):
        raise ProblemError(problem)
    kept = deployment.present.keys() - deployment.given.keys()
    return f"consistent; {len(kept)} stay as the stack has them" if kept else "consistent"


def webhook_secret(deployment: Deployment) -> str:
    """Return that the secret signs webhooks; raise ProblemError unless it is as in Standard Webhooks."""
    values = deployment.secret(deployment.webhook_secret).split()
    for value in values:
        try:
            key = base64.b64decode(value.removeprefix("whsec_"), validate=True)
        except ValueError:  # of base64, or of text that is not ASCII
            key = b""
        if not value.startswith("whsec_") or len(key) < 24:
            raise ProblemError("it must be whsec_ and 24 or more bytes in base64")
    if not values:
        raise ProblemError("it is empty")
    return "well-formed"


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
    status = found["StackStatus"]
    if status in UPDATABLE:
        return f"{deployment.stack} exists, and would be updated"
    remedy = "see its events in CloudFormation"
    if status in TO_DESTROY:
        remedy = f"make destroy STACK={deployment.stack}"
    elif status.endswith("_IN_PROGRESS"):  # such as a release that takes over
        remedy = "try again when that is over"
    raise ProblemError(f"{deployment.stack} is {status}: {remedy}")
