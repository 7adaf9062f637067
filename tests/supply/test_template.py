"""What cfn-lint and checkov say of the template as CloudFormation gets it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.supply.tools import run
from tests.translated import translated

FUNCTIONS = [
    "ApiFunction",
    "ImageFunction",
    "DeadLetterFunction",
    "SweeperFunction",
    "AggregatorFunction",
    "KeysFunction",
]
QUEUES = [
    "ImageQueue",
    "ImageDeadLetterQueue",
    "AggregatorQueue",
    "AggregatorDeadLetterQueue",
    "WebhookQueue",
    "WebhookDeadLetterQueue",
]
LOGS = [
    "ApiAccessLogs",
    "ApiLogs",
    "ImageLogs",
    "DeadLetterLogs",
    "SweeperLogs",
    "AggregatorLogs",
    "KeysLogs",
]

EXCEPTIONS = {
    # Access logs of S3 need a second bucket, and hold addresses, which are personal.
    "CKV_AWS_18": ["Bucket"],
    # What a customer deletes has to be gone, and a key is never written with other contents.
    "CKV_AWS_21": ["Bucket"],
    # With AWS's own key CloudWatch could not send its alarms (the key's policy does not know it); a key of
    # one's own costs money and guards nothing but the names of alarms.
    "CKV_AWS_26": ["AlarmTopic"],
    # They are encrypted, with SQS's own keys, which this check does not know.
    "CKV_AWS_27": QUEUES,
    # ImageFunction is bounded by its event source, the API by its gateway; a reservation would keep a new
    # account, which has 10 invocations at once in all, from deploying.
    "CKV_AWS_115": FUNCTIONS,
    # That is for events. Queues have theirs, the API has a client that waits, the sweeper comes every minute.
    "CKV_AWS_116": FUNCTIONS,
    # They need the open internet, and beside them there are no private addresses to attack.
    "CKV_AWS_117": FUNCTIONS,
    # CloudWatch encrypts all logs with its own keys, and they hold neither secrets nor catalogues.
    "CKV_AWS_158": LOGS,
    # Lambda encrypts them with its own key, and they hold names and the ARNs of secrets.
    "CKV_AWS_173": FUNCTIONS,
}
"""The resources at which a check of checkov is to fail, and why."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("template") / "template.json"
    path.write_text(json.dumps(translated(), indent=1))
    return path


def test_cfn_lint_finds_nothing(template: Path) -> None:
    command = [Path(sys.executable).with_name("cfn-lint"), template]
    found = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (found.returncode, found.stdout) == (0, "")


def test_checkov_finds_nothing_but_the_exceptions(template: Path) -> None:
    """An exception that no longer is one has to go, too."""
    told = run("checkov", "--file", str(template), "--framework", "cloudformation", "--output", "json",
               "--skip-download", "--soft-fail")  # fmt: skip
    results = json.loads(told.stdout)["results"]
    assert len(results["passed_checks"]) > len(translated()["Resources"])
    found = {(check["check_id"], check["resource"].rpartition(".")[2]) for check in results["failed_checks"]}
    assert found == {(check, resource) for check, resources in EXCEPTIONS.items() for resource in resources}
