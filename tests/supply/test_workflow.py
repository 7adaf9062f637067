"""The GitHub workflow: pinned actions, minimal permissions, and no untrusted text in a shell."""

import re
from typing import Any

import yaml

from local.runner.children import PROJECT
from tests.supply.tools import run

TEXT = (PROJECT / ".github/workflows/ci.yml").read_text()
WORKFLOW: dict[Any, Any] = yaml.safe_load(TEXT)


def test_zizmor_finds_nothing() -> None:
    result = run("zizmor", "--offline", "--pedantic", "--strict-collection", "--format", "plain", ".github")
    assert result.returncode == 0, result.stdout


def test_actions_are_pinned_by_commit_with_their_version_in_a_comment() -> None:
    uses = re.findall(r"uses: (.*)", TEXT)
    assert uses
    for used in uses:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", used), used


def test_a_job_may_read_the_sources_and_nothing_else() -> None:
    assert WORKFLOW["permissions"] == {}
    for job in WORKFLOW["jobs"].values():
        assert job["permissions"] == {"contents": "read"}
        assert job["timeout-minutes"] <= 60


def test_checkout_does_not_persist_the_token() -> None:
    for job in WORKFLOW["jobs"].values():
        [checkout] = [step for step in job["steps"] if "actions/checkout" in step.get("uses", "")]
        assert checkout["with"]["persist-credentials"] is False


def test_no_trigger_gives_strangers_access_to_secrets() -> None:
    """`pull_request_target` and `workflow_run` would give it. YAML 1.1 reads the key `on` as true."""
    assert set(WORKFLOW[True]) == {"push", "pull_request", "schedule"}
    assert "secrets." not in TEXT
    assert not [step for job in WORKFLOW["jobs"].values() for step in job["steps"] if "${{" in str(step)]
