"""The whole local system, once for each authentication mode of the template."""

import os
from collections.abc import Iterator

import pytest

from local.runner.children import PROJECT
from local.runner.system import System
from local.runner.template import load
from tests.contract.resources import Caller, Resources, created

QUICK = {"ImageRetryPauses": "1,1", "WebhookRetryPauses": "1,1,1", "FetchSeconds": "2", "Window": "4"}
AUTHENTICATION = load(PROJECT / "template.yaml")["Parameters"]["Authentication"]["AllowedValues"]


@pytest.fixture
def options() -> list[str]:
    """Options of schemathesis: a few deterministic requests, or random ones for FUZZ_MINUTES."""
    if not (minutes := os.environ.get("FUZZ_MINUTES")):
        return ["--max-examples=60", "--generation-deterministic"]
    seed = os.environ.get("FUZZ_SEED")
    return [f"--max-time={60 * int(minutes)}", "--max-examples=200", *([f"--seed={seed}"] if seed else [])]


@pytest.fixture(scope="session", params=AUTHENTICATION)
def authentication(request: pytest.FixtureRequest) -> str:
    mode: str = request.param
    return mode


@pytest.fixture(scope="session")
def system(authentication: str) -> Iterator[System]:
    parameters = QUICK | {"Authentication": authentication}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATALIGHT_ALLOW_PRIVATE_HOSTS", "1")
        with System(parameters=parameters) as system:
            yield system


@pytest.fixture(scope="session")
def resources(system: System, authentication: str) -> Iterator[Resources]:
    with created(system, new_caller(system) if authentication == "keys" else None) as resources:
        yield resources


def new_caller(system: System) -> Caller:
    made = system.invoke("KeysFunction", {"action": "make", "name": "fuzz", "open_jobs": 1000})
    return Caller({"Authorization": f"Bearer {made['token']}"}, made["webhook_secrets"][0])
