"""Configurations with which a function refuses to start."""

import os
import subprocess
import sys

import pytest

SWITCH = {"CATALIGHT_ALLOW_PRIVATE_HOSTS": "1", "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001"}


def start(handler: str, variables: dict[str, str]) -> str:
    """Import a handler, as Lambda does before the first event, and return its standard error."""
    plain = {"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "us-east-1"}
    command = [sys.executable, "-c", f"import functions.{handler}.handler"]
    done = subprocess.run(command, env=plain | variables, stderr=subprocess.PIPE, check=False, text=True)
    assert (done.returncode == 0) is (done.stderr == "")
    return done.stderr


@pytest.mark.parametrize("handler", ["api", "images", "aggregator"])
def test_private_hosts_are_refused_on_aws_before_any_work(handler: str) -> None:
    assert "ConfigurationError: CATALIGHT_ALLOW_PRIVATE_HOSTS" in start(handler, SWITCH)
    assert start(handler, SWITCH | {"AWS_SAM_LOCAL": "true"}) == ""
