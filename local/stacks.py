"""Reading a stack of CloudFormation."""

from typing import Any

from botocore.exceptions import ClientError

GONE = "DELETE_COMPLETE"


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


def parameters(description: dict[str, Any]) -> dict[str, str]:
    """Return the values of a stack's parameters."""
    return {entry["ParameterKey"]: entry["ParameterValue"] for entry in description.get("Parameters", [])}


def resources(stack: str, cloudformation: Any) -> dict[str, list[str]]:
    """Return the names on AWS of a stack's resources, by type; also of a deleted stack, by its id."""
    found: dict[str, list[str]] = {}
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
        for entry in page["StackResourceSummaries"]:
            name = entry.get("PhysicalResourceId")  # none if it was never created
            if name and entry["ResourceStatus"] != GONE:
                found.setdefault(entry["ResourceType"], []).append(name)
    return found
