"""The whole local system, once for each way to authenticate that its template knows."""

import os
from collections.abc import Iterator

import pytest

from local.runner.children import PROJECT
from local.runner.system import System
from local.runner.template import load
from tests.contract.known import Caller, Known, known

QUICK = {"ImageRetryPauses": "1,1", "WebhookRetryPauses": "1,1,1", "FetchSeconds": "2", "Window": "4"}
AUTHENTICATION = load(PROJECT / "template.yaml")["Parameters"]["Authentication"]["AllowedValues"]


@pytest.fixture
def options() -> list[str]:
    """What schemathesis is told: a few requests, always the same, or random ones for as long as asked."""
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
def there(system: System, authentication: str) -> Iterator[Known]:
    with known(system, new_caller(system) if authentication == "keys" else None) as there:
        yield there


def new_caller(system: System) -> Caller:
    made = system.invoke("KeysFunction", {"action": "make", "name": "fuzz", "open_jobs": 1000})
    return Caller({"Authorization": f"Bearer {made['token']}"}, made["webhook_secrets"][0])
