"""The end of `make deploy`: protects prod, and deletes old versions of the functions.

Only if the release was deployed: SAM ends with 0 too if its question was answered with no.
"""

import argparse
import sys
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local import stacks
from local.prune import prune

PROTECTED = "catalight-prod"


def is_deployed(stack: str, release: str, cloudformation: Any) -> bool:
    """Return whether the stack has this release; a change set that is not executed changes no parameter."""
    found = stacks.find(stack, cloudformation)
    if found is None or found["StackStatus"] == stacks.UNCREATED:
        return False
    return stacks.parameters(found).get("Release") == release


def protect(stack: str, cloudformation: Any) -> None:
    """Turn on the termination protection of a stack, for which SAM has no option."""
    cloudformation.update_termination_protection(StackName=stack, EnableTerminationProtection=True)


def main() -> int:
    """Return 1 if prod is not protected; old versions that cannot be deleted are only said."""
    command_line = argparse.ArgumentParser(prog="python -m local.deployed", description=__doc__)
    command_line.add_argument("stack")
    command_line.add_argument("release")
    arguments = command_line.parse_args()
    stack = arguments.stack
    try:
        cloudformation = boto3.client("cloudformation")
        if not is_deployed(stack, arguments.release, cloudformation):
            print("Nothing was deployed.")
            return 0
        if stack == PROTECTED:
            protect(stack, cloudformation)
    except (BotoCoreError, ClientError) as error:
        print(f"{stack} could not be read or protected: {error}", file=sys.stderr)
        return 1
    try:
        gone = prune(stack, cloudformation, boto3.client("lambda"))
    except (BotoCoreError, ClientError) as error:
        print(f"Old versions of the functions were not deleted: {error}", file=sys.stderr)
    else:
        if gone:
            print(f"{len(gone)} old versions of the functions are deleted.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
