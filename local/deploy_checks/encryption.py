"""The KMS key: whether it can be used, and whether its policy lets those use it who must."""

import json
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from botocore.exceptions import ClientError

from local.deploy_checks.deployment import Deployment, ProblemError

READ, WRITE = "kms:Decrypt", "kms:GenerateDataKey"


def key(deployment: Deployment) -> str:
    """Return the state of the KMS key; raise ProblemError if it cannot be used, or not by all who must."""
    arn = deployment.value("KmsKeyArn")
    if not arn:
        return "keys of the services"
    kms = deployment.client("kms")
    if arn.split(":")[3] != kms.meta.region_name:
        raise ProblemError(f"{arn} is not of the region {kms.meta.region_name}")
    found = kms.describe_key(KeyId=arn)["KeyMetadata"]
    if found["KeyState"] != "Enabled":
        raise ProblemError(f"{arn} is {found['KeyState']}")
    if found["KeySpec"] != "SYMMETRIC_DEFAULT":
        raise ProblemError(f"{arn} is {found['KeySpec']}; the services need a symmetric key")
    try:
        statements = _statements(kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDeniedException":
            raise
        return "enabled; you may not read its policy, so compare it with docs/deploy.md"
    account = deployment.client("sts").get_caller_identity()["Account"]
    principals = {"account": (account, f":iam::{account}:root")}
    for principal, actions in _needed(deployment).items():
        names = principals.get(principal, (principal,))
        if missing := [action for action in actions if not _allows(statements, names, action)]:
            who = f"the IAM policies of account {account}" if principal == "account" else principal
            raise ProblemError(f"its policy does not allow {who}: {', '.join(missing)} (docs/deploy.md)")
    return "enabled, and its policy allows the services and the roles" + (
        "; its conditions were not tried" if any("Condition" in one for one in statements) else ""
    )


def _needed(deployment: Deployment) -> dict[str, Sequence[str]]:
    """Return the actions that the key's policy must allow, by service; for the roles, to the account."""
    region = deployment.client("kms").meta.region_name
    needed: dict[str, Sequence[str]] = {
        "account": (READ, WRITE),
        f"logs.{region}.amazonaws.com": ("kms:Encrypt", READ, WRITE, "kms:DescribeKey"),
        "s3.amazonaws.com": (READ, WRITE),
    }
    if not deployment.value("AlarmTopicArn"):
        needed["cloudwatch.amazonaws.com"] = (READ, WRITE)
    if deployment.value("LinkDomain"):
        needed["cloudfront.amazonaws.com"] = (READ,)
    return needed


def _statements(policy: str) -> list[dict[str, Any]]:
    found = json.loads(policy)["Statement"]
    return found if isinstance(found, list) else [found]


def _allows(statements: Sequence[Mapping[str, Any]], names: Sequence[str], action: str) -> bool:
    """Return whether a principal is allowed an action. Conditions count as met, but not those of denials."""
    allowed = False
    for statement in statements:
        if not _covers(statement, names, action):
            continue
        if statement["Effect"] == "Allow":
            allowed = True
        elif "Condition" not in statement:
            return False
    return allowed


def _covers(statement: Mapping[str, Any], names: Sequence[str], action: str) -> bool:
    principals = list(_principals(statement.get("Principal", {})))
    of_it = "*" in principals or any(
        one == name or one.endswith(name) for one in principals for name in names
    )
    patterns = _several(statement.get("Action", []))
    return of_it and any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)


def _principals(principal: str | Mapping[str, Any]) -> Iterator[str]:
    if isinstance(principal, str):
        yield principal
    else:
        for values in principal.values():
            yield from _several(values)


def _several(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
