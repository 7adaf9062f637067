"""The whole local system, started from template.yaml once per session, with short pauses."""

from collections.abc import Iterator

import pytest

from local.client import Client
from local.hosts.image_server import ImageServer, image_server
from local.runner.system import System

WINDOW = 4
QUICK = {
    "ImageRetryPauses": "1,1",
    "WebhookRetryPauses": "1,1,1",
    "FetchSeconds": "2",
    "ImageVisibility": "6",
    "Window": str(WINDOW),
    "WorkbookInMemory": "50000",
}


@pytest.fixture(scope="session")
def system() -> Iterator[System]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATALIGHT_ALLOW_PRIVATE_HOSTS", "1")
        with System(parameters=QUICK) as system:
            yield system


@pytest.fixture
def client(system: System) -> Client:
    return Client(system.url)


@pytest.fixture(scope="session")
def images() -> Iterator[ImageServer]:
    with image_server(600, 450) as server:
        yield server
