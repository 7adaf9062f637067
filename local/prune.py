"""`make deploy`: deletes old versions of a deployment's functions.

SAM keeps every version. Those of the API cost, because each has a snapshot (see docs/deploy.md), and all take
of the 75 GB that an account has for code.
"""

import argparse
import sys
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

KEPT = 2
"""Versions before the one that the alias points to: what a roll-back can go back to."""


def prune(stack: str, cloudformation: Any, functions: Any) -> list[str]:
    """Delete the versions that no alias uses, except the last KEPT of each function; return their ARNs."""
    gone = []
    for name in _functions(stack, cloudformation):
        used = _used(name, functions)
        numbers = [version for version in _versions(name, functions) if version not in used]
        for number in sorted(numbers, key=int)[:-KEPT]:
            functions.delete_function(FunctionName=name, Qualifier=number)
            gone.append(f"{name}:{number}")
    return gone


def _functions(stack: str, cloudformation: Any) -> Iterator[str]:
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
        for entry in page["StackResourceSummaries"]:
            if entry["ResourceType"] == "AWS::Lambda::Function":
                yield entry["PhysicalResourceId"]


def _used(name: str, functions: Any) -> set[str]:
    """Return the versions that aliases point to; while a release takes over, an alias has two."""
    found = set[str]()
    for page in functions.get_paginator("list_aliases").paginate(FunctionName=name):
        for alias in page["Aliases"]:
            found.add(alias["FunctionVersion"])
            found |= (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights", {}).keys()
    return found


def _versions(name: str, functions: Any) -> Iterator[str]:
    for page in functions.get_paginator("list_versions_by_function").paginate(FunctionName=name):
        yield from (entry["Version"] for entry in page["Versions"] if entry["Version"] != "$LATEST")


def main() -> int:
    """Return 0 also if nothing could be deleted: the deployment itself has succeeded."""
    command_line = argparse.ArgumentParser(prog="python -m local.prune", description=__doc__)
    command_line.add_argument("stack")
    stack = command_line.parse_args().stack
    try:
        gone = prune(stack, boto3.client("cloudformation"), boto3.client("lambda"))
    except (BotoCoreError, ClientError) as error:
        print(f"Old versions of the functions were not deleted: {error}", file=sys.stderr)
    else:
        if gone:
            print(f"{len(gone)} old versions of the functions are deleted.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
