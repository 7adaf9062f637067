"""SnapStart: what the API's snapshot holds, and what two environments that start from it do."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from functions.api import snapshot
from local.runner import aws
from local.runner.children import HOST, PROJECT

QUEUES = ("IMAGE", "AGGREGATOR", "WEBHOOK", "EXPORT", "INGEST")


@pytest.fixture
def role() -> Iterator[tuple[str, list[str | None]]]:
    """Lambda's endpoint for credentials of the role, and the tokens with which it was asked.

    What it answers first, for the snapshot, has expired when an environment starts from it.
    """
    tokens = list[str | None]()

    class Endpoint(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            tokens.append(self.headers.get("Authorization"))
            expires = datetime.now(UTC) + timedelta(hours=6 if len(tokens) > 1 else -1)
            names = dict.fromkeys(("AccessKeyId", "SecretAccessKey", "Token"), "role")
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(names | {"Expiration": expires.isoformat()}).encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer((HOST, 0), Endpoint) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{HOST}:{server.server_port}/", tokens
        server.shutdown()


def ran(endpoint: str, mongodb_uri: str, credentials: str) -> dict[str, Any]:
    """Run the child with the function's variables, and return its report.

    With SnapStart, Lambda gives no credentials but an endpoint for them:
    docs.aws.amazon.com/lambda/latest/dg/snapstart-activate.html
    """
    secret = aws.client("secretsmanager", endpoint).create_secret(Name="snapshot", SecretString=mongodb_uri)
    seconds = ("PATIENCE_SECONDS", "JOB_DEADLINE_SECONDS", "RETENTION_DAYS", "LONGEST_DAYS", "WINDOW")
    variables = {
        snapshot.INITIALISATION: snapshot.SNAP_START,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": credentials,
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "token",
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
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del environment[name]
    command = [sys.executable, "-m", "tests.integration.snapshot_child"]
    done = subprocess.run(
        command, env=environment, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="Lambda's package for hooks is installed on Linux")
def test_a_snapshot_has_no_connection_and_no_secret_and_its_environments_differ(
    aws_endpoint: str, mongodb_uri: str, role: tuple[str, list[str | None]]
) -> None:
    """But for the role's credentials, which botocore asks for, and asks for again when they have expired."""
    endpoint, tokens = role
    report = ran(aws_endpoint, mongodb_uri, endpoint)
    asked_once = ["socket.getaddrinfo", "socket.connect"]
    assert report["snapshot"] == {"touched": asked_once, "connections": 0, "secrets": 0}
    assert tokens == ["token"] * 3  # for the snapshot, and for each environment
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
