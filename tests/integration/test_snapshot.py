"""SnapStart: what the API's snapshot holds, and what two environments that start from it do."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from functions.api import snapshot
from local.runner import aws
from local.runner.children import PROJECT

QUEUES = ("IMAGE", "AGGREGATOR", "WEBHOOK", "EXPORT", "INGEST")


def ran(endpoint: str, mongodb_uri: str) -> dict[str, Any]:
    """Run the child with the function's variables, and return its report."""
    secret = aws.client("secretsmanager", endpoint).create_secret(Name="snapshot", SecretString=mongodb_uri)
    seconds = ("PATIENCE_SECONDS", "JOB_DEADLINE_SECONDS", "RETENTION_DAYS", "LONGEST_DAYS", "WINDOW")
    variables = {
        snapshot.INITIALISATION: snapshot.SNAP_START,
        "AWS_ENDPOINT_URL": endpoint,
        "MONGODB_URI_SECRET_ARN": secret["ARN"],
        "MONGODB_DATABASE": "snapshot",
        "BUCKET": "bucket",
        "API_BASE_URL": "",
        "LINK_BASE_URL": "",
        **dict.fromkeys(seconds, "900"),
        **{f"{name}_QUEUE_URL": f"{endpoint}/q" for name in QUEUES},
    }
    path = os.pathsep.join((str(PROJECT / "layers/core"), str(PROJECT)))
    environment = os.environ | aws.environment(endpoint) | variables | {"PYTHONPATH": path}
    command = [sys.executable, "-m", "tests.integration.snapshot_child"]
    done = subprocess.run(
        command, env=environment, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="Lambda's package for hooks is installed on Linux")
def test_a_snapshot_has_no_connection_and_no_secret_and_its_environments_differ(
    aws_endpoint: str, mongodb_uri: str
) -> None:
    report = ran(aws_endpoint, mongodb_uri)
    assert report["snapshot"] == {"touched": [], "connections": 0, "secrets": 0}
    one, other = report["environments"]
    assert all(a != b for a, b in zip(one["drawn"], other["drawn"], strict=True))
    for environment in (one, other):
        assert environment["status"] == 200
        assert environment["by_restore"] == 0  # so that an outage cannot end it
        assert environment["by_request"] > 0


def test_without_snapshots_there_are_no_hooks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(snapshot.INITIALISATION, "on-demand")
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", None)  # absent, as on a machine
    snapshot.register(lambda *_: None)


def test_a_runtime_without_the_package_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would start without its hooks, and nobody would know."""
    monkeypatch.setenv(snapshot.INITIALISATION, snapshot.SNAP_START)
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", None)
    with pytest.raises(ImportError):
        snapshot.register(lambda *_: None)
