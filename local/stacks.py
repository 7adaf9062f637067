"""Reading a stack of CloudFormation."""

from typing import Any

from botocore.exceptions import ClientError

from local.runner.errors import LocalError

GONE = "DELETE_COMPLETE"
UNCREATED = "REVIEW_IN_PROGRESS"
"""Its first change set was refused or never executed; SAM makes another."""


def find(stack: str, cloudformation: Any) -> dict[str, Any] | None:
    """Return the description of a stack, or None if there is no stack of that name."""
    try:
        [found] = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        return None
    description: dict[str, Any] = found
    return description


def missing(stack: str) -> LocalError:
    """Return the error that says that there is no stack of that name."""
    return LocalError(f"There is no stack {stack} in this account and region.")


def parameters(description: dict[str, Any]) -> dict[str, str]:
    """Return the values of a stack's parameters."""
    return {entry["ParameterKey"]: entry["ParameterValue"] for entry in description.get("Parameters", [])}


def outputs(description: dict[str, Any]) -> dict[str, str]:
    """Return the values of a stack's outputs."""
    return {entry["OutputKey"]: entry["OutputValue"] for entry in description.get("Outputs", [])}


def resources(stack: str, cloudformation: Any) -> dict[str, list[str]]:
    """Return the names on AWS of a stack's resources, by type; also of a deleted stack, by its id."""
    found: dict[str, list[str]] = {}
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
        for entry in page["StackResourceSummaries"]:
            name = entry.get("PhysicalResourceId")  # none if it was never created
            if name and entry["ResourceStatus"] != GONE:
                found.setdefault(entry["ResourceType"], []).append(name)
    return found
