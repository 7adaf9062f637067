"""Credentials, parameters, the webhook secret, the account's concurrency, the name of the stack."""

import base64

from catalight.domain import consistency
from local import stacks
from local.deploy_checks.deployment import Deployment, ProblemError

UPDATABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")
USELESS = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED")
"""Never complete, or half deleted."""
RESERVED = ("ImageReserved", "ApiReserved")
UNRESERVED = 100  # docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
SPARE = 1.2  # docs/operations.md, "Quotas before a big day"


def credentials(deployment: Deployment) -> str:
    """Return who is to deploy, and where."""
    sts = deployment.client("sts")
    return f"{sts.get_caller_identity()['Arn']} in {sts.meta.region_name}"


def parameters(deployment: Deployment) -> str:
    """Return how many values stay as they are; raise ProblemError for those refused or contradictory."""
    if refused := deployment.refused():
        raise ProblemError(f"the stack has what this release refuses, so name it in PARAMETERS: {refused}")
    problems = *consistency.problems(deployment.numbers()), *deployment.broken_rules()
    if problems:
        raise ProblemError("; ".join(problems))
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
    more = sum(numbers[name] - float(deployment.present.get(name, 0)) for name in RESERVED)
    if more > 0 and limits["UnreservedConcurrentExecutions"] - more < UNRESERVED:
        raise ProblemError(f"{UNRESERVED} must stay unreserved: lower ImageReserved and ApiReserved")
    return f"{available} functions at once; {needed:.0f} are needed"


def name(deployment: Deployment) -> str:
    """Return whether the stack is new; raise ProblemError if there is one that cannot be updated."""
    if deployment.described is None:
        return f"{deployment.stack} is free"
    status = deployment.described["StackStatus"]
    if status == stacks.UNCREATED:
        return f"{deployment.stack} has no resources yet, and would be created"
    if status not in UPDATABLE:
        raise ProblemError(f"{deployment.stack} is {status}: {_remedy(status, deployment.stack)}")
    return f"{deployment.stack} exists, and would be updated"


def _remedy(status: str, stack: str) -> str:
    """Return what makes a stack one that can be updated; never to delete one that works."""
    if status.endswith("_IN_PROGRESS"):
        return "wait until that has ended"
    if status == "UPDATE_ROLLBACK_FAILED":
        return f"aws cloudformation continue-update-rollback --stack-name {stack}"
    if status == "UPDATE_FAILED":
        return f"aws cloudformation rollback-stack --stack-name {stack}"
    if status in USELESS:
        return f"make destroy STACK={stack}"
    return f"see its events: aws cloudformation describe-stack-events --stack-name {stack}"
