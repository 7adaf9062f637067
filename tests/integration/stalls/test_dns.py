"""A name server that swallows all questions: the API answers in time. Needs Linux's namespaces."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

from local.runner import aws
from local.runner.children import PROJECT, Child
from tests.integration.stalls.api import CALLS, DATABASE, SECONDS, Answer, check, make_all, settings
from tests.integration.stalls.nameless import REFUSED

RESOURCES = {"Bucket": "bucket"} | {
    f"{queue}Queue": "https://queue.example.test/" for queue in ("Image", "Aggregator", "Webhook")
}
AWS, CLUSTER = "of AWS", "of MongoDB"


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], dict[str, Answer]]]:
    """Return a function that makes all calls of an API that can resolve no name, or only Secrets Manager's."""
    with ExitStack() as cleanup:

        def make(names: str) -> dict[str, Answer]:
            folder = tmp_path_factory.mktemp("dns")
            if names == CLUSTER:
                (folder / "secret").write_text("mongodb+srv://cluster.example.test/")
            variables = aws.environment("") | settings(RESOURCES)
            del variables["AWS_ENDPOINT_URL"]
            command = [sys.executable, "-m", "tests.integration.stalls.nameless", str(folder)]
            child = Child("The API", command, variables, folder / "log")
            cleanup.callback(child.stop)
            child.wait_until((folder / "socket").exists)
            transport = httpx2.HTTPTransport(uds=str(folder / "socket"))
            with httpx2.Client(
                base_url="http://api.test", transport=transport, timeout=2 * SECONDS
            ) as client:
                return make_all(client)

        yield make


@pytest.fixture(scope="module", autouse=True)
def namespaces(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip the tests if the kernel allows no namespaces."""
    folder: Path = tmp_path_factory.mktemp("dns")
    command = [sys.executable, "-m", "tests.integration.stalls.nameless", str(folder), "probe"]
    done = subprocess.run(command, cwd=PROJECT, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode == REFUSED:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("names", [AWS, CLUSTER])
def test_what_needs_a_name_is_503_in_time_and_the_rest_as_usual(
    answers: Callable[[str], dict[str, Answer]], names: str
) -> None:
    needed = {"S3"} | DATABASE
    for name, answer in answers(names).items():
        call = CALLS[name]
        check(answer, status=503 if call.needs & needed else call.status)
