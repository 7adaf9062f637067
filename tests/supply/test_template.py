"""cfn-lint and checkov on the template that SAM generates for CloudFormation."""

import json
from pathlib import Path

import pytest

from local.runner.children import PROJECT
from tests.supply.tools import run
from tests.translated import translated

FUNCTIONS = [
    "ApiFunction",
    "ImageFunction",
    "DeadLetterFunction",
    "SweeperFunction",
    "AggregatorFunction",
    "KeysFunction",
    "ExportFunction",
    "IngestFunction",
]

EXCEPTIONS = {
    # S3 access logs need a second bucket and contain IP addresses, which are personal data.
    "CKV_AWS_18": ["Bucket"],
    # It is encrypted with S3's keys, or with a key of the operator's: the check cannot read a condition.
    "CKV_AWS_19": ["Bucket"],
    # What a customer deletes must be gone, and a key is never overwritten with other contents.
    "CKV_AWS_21": ["Bucket"],
    # CloudFront's access logs have IP addresses and whole links, which open their images.
    "CKV_AWS_86": ["LinkDistribution"],
    # Functions are limited by their event sources, the API by its gateway; with reserved concurrency a new
    # account, which has 10 concurrent executions in all, could not deploy. For two of them it is a parameter.
    "CKV_AWS_115": [name for name in FUNCTIONS if name not in ("ApiFunction", "ImageFunction")],
    # This is for asynchronous events. Queues have their own dead-letter queues, the API has a client that
    # waits, and the sweeper runs every minute.
    "CKV_AWS_116": FUNCTIONS,
    # Lambda encrypts the variables with its own key; they contain names and the ARNs of secrets.
    "CKV_AWS_173": FUNCTIONS,
}
"""The checkov checks that are expected to fail, by resource, with the reason."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("template") / "template.json"
    path.write_text(json.dumps(translated(), indent=1))
    return path


def test_cfn_lint_finds_nothing(template: Path) -> None:
    """Lint the source and the translated template, with a newer cfn-lint than SAM allows."""
    for path in (PROJECT / "template.yaml", template):
        found = run("cfn-lint", str(path))
        assert (found.returncode, found.stdout) == (0, ""), path


def test_checkov_finds_nothing_but_the_exceptions(template: Path) -> None:
    """An exception that is no longer needed has to be removed, too."""
    result = run("checkov", "--file", str(template), "--framework", "cloudformation", "--output", "json",
               "--skip-download", "--soft-fail")  # fmt: skip
    results = json.loads(result.stdout)["results"]
    assert len(results["passed_checks"]) > len(translated()["Resources"])
    found = {(check["check_id"], check["resource"].rpartition(".")[2]) for check in results["failed_checks"]}
    assert found == {(check, resource) for check, resources in EXCEPTIONS.items() for resource in resources}
