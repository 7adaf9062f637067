"""`make deploy-check`: tries what a deployment needs and what would fail later. It changes nothing."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local import deploy_settings
from local.deploy_checks import account, database, encryption, links, network
from local.deploy_checks.deployment import Deployment, ProblemError
from local.runner.errors import LocalError

CHECKS: Mapping[str, Callable[[Deployment], str]] = {
    "credentials": account.credentials,
    "parameters": account.parameters,
    "webhook secret": account.webhook_secret,
    "MongoDB": database.mongodb,
    "concurrency": account.concurrency,
    "stack": account.name,
    "network": network.network,
    "encryption": encryption.key,
    "image links": links.certificate,
}


def results(deployment: Deployment) -> Iterator[tuple[str, bool, str]]:
    """Yield the name of each check, whether all is well, and what was found; stop without credentials."""
    for title, check in CHECKS.items():
        try:
            yield title, True, check(deployment)
        except (ProblemError, BotoCoreError, ClientError) as error:
            yield title, False, str(error)
            if check is account.credentials:  # without them all others fail too
                return


def main() -> int:
    """Print a line for each check; return 1 if one fails."""
    stage = sys.argv[1]
    try:
        given = deploy_settings.read(stage, os.environ)
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    client: Any = boto3.client
    mongodb, webhook = (os.environ[name] for name in deploy_settings.SECRETS)
    failed = 0
    for title, well, found in results(Deployment(f"catalight-{stage}", mongodb, webhook, given, client)):
        print(f"{'ok  ' if well else 'FAIL'}  {title:<15} {found}")
        failed += not well
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
