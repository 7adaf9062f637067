"""`make deploy ENV=prod` ends with this, for which SAM has no option: nobody deletes the stack by mistake."""

import sys
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError


def protect(stack: str, cloudformation: Any) -> None:
    """Turn on the termination protection of a stack."""
    cloudformation.update_termination_protection(StackName=stack, EnableTerminationProtection=True)


if __name__ == "__main__":
    try:
        protect(sys.argv[1], boto3.client("cloudformation"))
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"{sys.argv[1]} is deployed, but not protected: {error}")
