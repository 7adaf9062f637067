"""The GitHub workflows: pinned actions, minimal permissions, and no untrusted text in a shell."""

import re
from typing import Any

import pytest
import yaml

from local.runner.children import PROJECT
from tests.supply.tools import run

TEXTS = {path.stem: path.read_text() for path in (PROJECT / ".github/workflows").glob("*.yml")}
WORKFLOWS: dict[str, dict[Any, Any]] = {name: yaml.safe_load(text) for name, text in TEXTS.items()}
CI, RELEASE = WORKFLOWS["ci"], WORKFLOWS["release"]
each = pytest.mark.parametrize("name", TEXTS)


def test_zizmor_finds_nothing() -> None:
    result = run("zizmor", "--offline", "--pedantic", "--strict-collection", "--format", "plain", ".github")
    assert result.returncode == 0, result.stdout


@each
def test_actions_are_pinned_by_commit_with_their_version_in_a_comment(name: str) -> None:
    uses = re.findall(r"uses: (.*)", TEXTS[name])
    assert uses
    for used in uses:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", used), used


def test_a_job_may_read_the_sources_and_nothing_else() -> None:
    assert CI["permissions"] == {}
    for job in CI["jobs"].values():
        assert job["permissions"] == {"contents": "read"}
        assert job["timeout-minutes"] <= 60


def test_a_release_may_deploy_or_publish_but_no_job_may_do_both() -> None:
    assert RELEASE["permissions"] == {}
    assert {name: job["permissions"] for name, job in RELEASE["jobs"].items()} == {
        "deploy": {"contents": "read", "id-token": "write"},
        "publish": {"contents": "write"},
    }
    assert RELEASE["jobs"]["deploy"]["environment"] == "prod"  # its reviewers, variables and secret
    assert RELEASE["jobs"]["publish"]["needs"] == "deploy"


def test_a_release_is_a_tag_and_its_notes_and_list_of_dependencies_are_made_before_it_is_deployed() -> None:
    assert RELEASE[True] == {"push": {"tags": ["v*"]}}
    runs = [step.get("run", "") for step in RELEASE["jobs"]["deploy"]["steps"]]
    wanted = [".ci/run", "local.release_notes", "sbom.cdx.json", "assume-role", "make deploy", "make smoke"]
    places = [next(number for number, run in enumerate(runs) if text in run) for text in wanted]
    assert places == sorted(places)


def test_the_list_of_dependencies_is_that_of_the_layer_and_all_functions() -> None:
    """A function's requirements are named as its folder; core.txt are the layer's."""
    [listed] = re.findall(r"requirements/\{(.*?)\}\.txt", TEXTS["release"])
    folders = {folder.name for folder in (PROJECT / "functions").iterdir()}
    assert set(listed.split(",")) == {
        path.stem for path in (PROJECT / "requirements").glob("*.txt") if path.stem in {"core", *folders}
    }


@each
def test_checkout_does_not_persist_the_token(name: str) -> None:
    for job in WORKFLOWS[name]["jobs"].values():
        for step in job["steps"]:
            assert "actions/checkout" not in step.get("uses", "") or not step["with"]["persist-credentials"]


def test_no_trigger_gives_strangers_access_to_secrets() -> None:
    """`pull_request_target` and `workflow_run` would give it. YAML 1.1 reads the key `on` as true."""
    assert set(CI[True]) == {"push", "pull_request", "schedule"}
    assert "secrets." not in TEXTS["ci"]
    assert not [step for job in CI["jobs"].values() for step in job["steps"] if "${{" in str(step)]


@each
def test_no_text_of_github_is_pasted_into_a_command(name: str) -> None:
    steps = [step for job in WORKFLOWS[name]["jobs"].values() for step in job["steps"]]
    assert not [step for step in steps if "${{" in step.get("run", "")]
