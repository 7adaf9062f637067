"""The settings of `make deploy` and `make deploy-check`, checked before anything is built."""

import os
import re
import sys
import tomllib
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local import options
from local.deploy_checks import account
from local.deploy_checks.deployment import Deployment, ProblemError
from local.runner.children import PROJECT
from local.runner.errors import LocalError

SECRETS = {
    "MONGODB_URI_SECRET_ARN": "the ARN of the secret with MongoDB's URI",
    "WEBHOOK_SECRET_ARN": "the ARN of the secret that signs webhooks",
}
ARN = re.compile("arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+")
GIVEN_OTHERWISE = {
    "MongoDbUriSecretArn": "give it as MONGODB_URI_SECRET_ARN=",
    "WebhookSecretArn": "give it as WEBHOOK_SECRET_ARN=",
    "Architecture": "give it as ARCH=, for which the functions are built too",
    "Release": "make deploy sets it",
}
NAME = re.compile(r"""(?:^|[\s'"])(\w+)=""")


def read(stage: str, env: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters of PARAMETERS; raise LocalError for a setting that is missing or wrong."""
    stages = [name for name in _samconfig() if name not in ("version", "default")]
    if stage not in stages:
        raise LocalError(f"ENV is {' or '.join(stages)}, not {stage}.")
    for name, meaning in SECRETS.items():
        if not env.get(name):
            raise LocalError(f"{name}= is missing: {meaning}. See docs/deploy.md.")
        if not ARN.fullmatch(env[name]):  # and is not shown, because it may be the secret itself
            raise LocalError(f"{name}= must be {meaning}, not the secret. See docs/deploy.md.")
    text = env.get("PARAMETERS", "")
    for name in NAME.findall(text):
        if remedy := GIVEN_OTHERWISE.get(name):
            raise LocalError(f"PARAMETERS: {name} is not set here: {remedy}.")
    given = options.given(text)
    if not boto3.Session().region_name:
        raise LocalError("No region is set: export AWS_REGION=eu-central-1, for example.")
    return given


def _samconfig() -> dict[str, object]:
    return tomllib.loads((PROJECT / "samconfig.toml").read_text())


if __name__ == "__main__":
    stage = sys.argv[1]
    client: Any = boto3.client
    try:  # with the parameters that the stack has, and its status
        given = read(stage, os.environ)
        mongodb, webhook = (os.environ[name] for name in SECRETS)
        deployment = Deployment(f"catalight-{stage}", mongodb, webhook, given, client)
        for check in (account.parameters, account.name):
            check(deployment)
    except (LocalError, ProblemError, BotoCoreError, ClientError) as error:
        sys.exit(str(error))
