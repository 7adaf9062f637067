"""Hooks for failure tests: put a proxy in front of moto, kill parts of the system and start them again."""

import json
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pymongo
import pytest
import requests

from local.runner.mongod import Mongod
from local.runner.poller import Message
from local.runner.system import System
from tests.integration.local.waiting import eventually

TEMPLATE = Path(__file__).with_name("template.yaml")
APP = "tests.integration.local.asgi:app"


@contextmanager
def front(moto_url: str) -> Iterator[str]:
    """A front without a server: the address of moto with another host name."""
    yield moto_url.replace("127.0.0.1", "localhost")


def throttled(_queue: str, messages: Sequence[Message]) -> bool:
    """Lambda cannot start the function at the first receive of a message with this body."""
    [message] = messages
    receives: str = message["Attributes"]["ApproximateReceiveCount"]
    return (message["Body"], receives) == ("throttled", "1")


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MONGODB_URI", raising=False)
        parameters = {"VisibilitySeconds": 2}
        with System(TEMPLATE, parameters, api_app=APP, at_once=2, front=front, throttled=throttled) as system:
            yield system


@pytest.fixture
def mongod(system: System) -> Mongod:
    assert system.mongod
    return system.mongod


def written(system: System) -> bool:
    """Return whether MongoDB accepts a write."""
    with pymongo.MongoClient[dict[str, Any]](system.mongodb_uri) as client:
        return client[system.mongodb_database]["tests"].insert_one({}).acknowledged


def test_only_functions_and_api_call_the_front(system: System) -> None:
    with front(system.endpoint_url) as url:
        assert system.invoke("EchoFunction", {})["environment"]["AWS_ENDPOINT_URL"] == url
        assert requests.get(f"{system.url}/AWS_ENDPOINT_URL", timeout=10).text == url
    assert system.client("sqs").meta.endpoint_url == system.endpoint_url != url


def test_a_receive_for_which_no_function_starts_counts(system: System) -> None:
    def counts() -> list[str]:
        log = (system.folder / "EchoFunction.log").read_text(encoding="utf-8")
        lines = (json.loads(line)["event"] for line in log.splitlines() if line.startswith("{"))
        found = (record for event in lines for record in event.get("Records", []))
        return [r["attributes"]["ApproximateReceiveCount"] for r in found if r["body"] == "throttled"]

    queue_url = system.stack.resources["WholeQueue"]
    system.client("sqs").send_message(QueueUrl=queue_url, MessageBody="throttled")
    assert eventually(counts) == ["2"]


def test_a_worker_can_be_found_and_killed(system: System) -> None:
    system.invoke("EchoFunction", {})
    pid = system.workers("EchoFunction")[0]
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: pid not in system.workers("EchoFunction"))
    system.check()


def test_mongod_can_be_killed_and_comes_back_with_its_data(system: System, mongod: Mongod) -> None:
    with pymongo.MongoClient[dict[str, Any]](system.mongodb_uri, w="majority") as client:
        client[system.mongodb_database]["kept"].insert_one({"_id": 1})
    mongod.child.stop()
    system.check()
    mongod.child.start()
    mongod.wait_until_writable()
    system.check()
    with pymongo.MongoClient[dict[str, Any]](system.mongodb_uri) as client:
        assert client[system.mongodb_database]["kept"].find_one() == {"_id": 1}


def test_mongod_steps_down_and_elects_itself_again(system: System, mongod: Mongod) -> None:
    mongod.step_down(1)
    mongod.wait_until_writable()
    assert written(system)


def test_the_api_can_be_killed_and_started_again(system: System) -> None:
    system.api.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(system.url, timeout=10)
    system.api.start()
    eventually(lambda: _answers(system.url))
    system.check()


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=10).ok
    except requests.ConnectionError:
        return False
