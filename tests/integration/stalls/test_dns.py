"""A name server that swallows all questions: the API answers in time. Needs Linux's namespaces."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

from local.runner import aws
from local.runner.children import PROJECT, Child
from tests.integration.stalls.api import CALLS, SECONDS, Answer, check, make_all, settings
from tests.integration.stalls.nameless import REFUSED

RESOURCES = {"Bucket": "bucket"} | {
    f"{queue}Queue": "https://queue.example.test/"
    for queue in ("Image", "Aggregator", "Webhook", "Export", "Ingest")
}
AWS, CLUSTER = "of AWS", "of MongoDB"
NAMELESS = [sys.executable, "-m", "tests.integration.stalls.nameless"]


@pytest.fixture(scope="module")
def namespaces(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip the tests if the kernel allows no namespaces."""
    command = [*NAMELESS, str(tmp_path_factory.mktemp("dns")), "probe"]
    done = subprocess.run(command, cwd=PROJECT, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode == REFUSED:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def answers(
    namespaces: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[dict[str, Answer]]]]:
    """The answers of an API that resolves no name, and of one that only MongoDB's name is missing for."""
    with ThreadPoolExecutor() as pool, ExitStack() as cleanup:

        def start(names: str) -> Future[dict[str, Answer]]:
            folder = tmp_path_factory.mktemp("dns")
            if names == CLUSTER:
                (folder / "secret").write_text("mongodb+srv://cluster.example.test/")
            variables = aws.environment("") | settings(RESOURCES)
            del variables["AWS_ENDPOINT_URL"]
            child = Child("The API", [*NAMELESS, str(folder)], variables, folder / "log")
            cleanup.callback(child.stop)
            return pool.submit(ask, child, folder / "socket")

        yield {names: start(names) for names in (AWS, CLUSTER)}


def ask(child: Child, socket: Path) -> dict[str, Answer]:
    child.wait_until(socket.exists)
    transport = httpx2.HTTPTransport(uds=str(socket))
    with httpx2.Client(base_url="http://api.test", transport=transport, timeout=2 * SECONDS) as client:
        return make_all(client)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("names", [AWS, CLUSTER])
def test_what_needs_a_name_is_503_in_time_and_the_rest_as_usual(
    answers: dict[str, Future[dict[str, Answer]]], names: str, call: str
) -> None:
    check(answers[names].result()[call], status=503 if CALLS[call].needs else CALLS[call].status)
