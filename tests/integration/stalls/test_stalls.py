"""Services that accept connections and never answer: what needs one is 503 in time, the rest as usual."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2
import pytest

from catalight.adapters.mongo import Connection, MongoJobs
from catalight.domain.job.job import JobState
from functions.api.app import app
from local.runner import aws
from local.runner.children import HOST, Child, free_port, listening
from tests.integration.stalls.api import CALLS, SECONDS, Answer, check, fill, made, make_all, settings
from tests.integration.stalls.proxy import StallingProxy, stalling_proxy
from tests.pipeline import csv_of

ENDPOINTS = {"S3": "S3", "SQS": "SQS", "Secrets Manager": "SECRETS_MANAGER"}
COLD, WARM = "before the first request", "after requests"
ROWS = 6_000


@dataclass(frozen=True, slots=True)
class Api:
    """An API process with a database of its own, and a proxy in front of each service that it calls."""

    port: int
    child: Child
    proxies: dict[str, StallingProxy]
    database: Connection

    def client(self) -> httpx2.Client:
        """Return a client, once the API listens."""
        self.child.wait_until(lambda: listening(self.port))
        return httpx2.Client(base_url=f"http://{HOST}:{self.port}", timeout=2 * SECONDS)


@pytest.fixture(scope="module")
def new(mongodb_uri: str, aws_endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Return a function that starts an API process."""
    with ExitStack() as cleanup:

        def proxy(url: str) -> StallingProxy:
            return cleanup.enter_context(stalling_proxy(urlsplit(url).port or 0))

        def start() -> Api:
            name = f"stall-{uuid4()}"
            proxies = {"MongoDB": proxy(mongodb_uri)} | {
                service: proxy(aws_endpoint) for service in ENDPOINTS
            }
            database = Connection(lambda: mongodb_uri, name)
            s3, sqs = aws.client("s3", aws_endpoint), aws.client("sqs", aws_endpoint)
            s3.create_bucket(Bucket=name)
            fill(database, s3, name)
            queues = {
                f"{queue}Queue": sqs.create_queue(QueueName=f"{name}-{queue}")["QueueUrl"]
                for queue in ("Image", "Aggregator", "Webhook", "Export", "Ingest")
            }
            uri = f"mongodb://{HOST}:{proxies['MongoDB'].port}/?directConnection=true"
            manager = aws.client("secretsmanager", aws_endpoint)
            arn = manager.create_secret(Name=name, SecretString=uri)["ARN"]
            variables = settings(
                {"MongoDbUriSecretArn": arn, "MongoDbDatabase": name, "Bucket": name} | queues
            )
            variables |= {f"AWS_ENDPOINT_URL_{ENDPOINTS[name]}": proxies[name].url for name in ENDPOINTS}
            port = free_port()
            log: Path = tmp_path_factory.mktemp("stall") / "log"
            command = [sys.executable, "-m", "uvicorn", "functions.api.handler:app", "--port", str(port)]
            child = Child("The API", command, aws.environment(aws_endpoint) | variables, log)
            cleanup.callback(child.stop)
            cleanup.callback(database.close)
            return Api(port, child, proxies, database)

        yield start


SCENARIOS = [
    (COLD, "Secrets Manager"),
    (COLD, "MongoDB"),
    (WARM, "Secrets Manager"),
    (WARM, "MongoDB"),
    (WARM, "S3"),
    (WARM, "SQS"),
]


@dataclass(frozen=True, slots=True)
class Scenario:
    """An API, one of whose services stalls, and its answers to all calls."""

    api: Api
    answers: Future[dict[str, Answer]]


@pytest.fixture(scope="module")
def scenarios(new: Callable[[], Api]) -> Iterator[dict[tuple[str, str], Scenario]]:
    """The scenarios, which run at the same time."""

    def run(api: Api, state: str, service: str) -> dict[str, Answer]:
        with api.client() as client:
            if state == WARM:
                for name in ("download", "image", "upload"):
                    check(made(client, CALLS[name]), status=CALLS[name].status)
            api.proxies[service].stall()
            return make_all(client)

    with ThreadPoolExecutor(len(SCENARIOS)) as pool:
        apis = {(state, service): new() for state, service in SCENARIOS}
        yield {which: Scenario(api, pool.submit(run, api, *which)) for which, api in apis.items()}


def test_every_route_is_called() -> None:
    operations = (operation for path in app.openapi()["paths"].values() for operation in path.values())
    names = {operation["operationId"].removesuffix("_head") for operation in operations}
    assert names <= CALLS.keys()


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("which", SCENARIOS, ids=" ".join)
def test_what_needs_a_stalled_service_is_503_in_time_and_the_rest_as_usual(
    scenarios: dict[tuple[str, str], Scenario], which: tuple[str, str], call: str
) -> None:
    state, service = which
    # Once it has connected to MongoDB, the API needs Secrets Manager no more. Messages are only hints.
    needs = CALLS[call].needs - ({"Secrets Manager"} if state == WARM else set())
    answer = scenarios[which].answers.result()[call]
    check(answer, status=503 if service in needs else CALLS[call].status)


def test_an_upload_whose_messages_stall_is_stored_for_the_sweeper(
    scenarios: dict[tuple[str, str], Scenario],
) -> None:
    scenario = scenarios[WARM, "SQS"]
    job_id = scenario.answers.result()["upload"].response.json()["request_id"]
    job = MongoJobs(scenario.api.database).get(job_id)
    assert (job.sealed, job.state) == (True, JobState.PENDING)
    assert job.sweep_at is not None


def test_an_upload_that_stalls_amid_its_rows_can_be_repeated_and_is_accepted_once(
    new: Callable[[], Api],
) -> None:
    api, key = new(), uuid4().hex
    proxy, database = api.proxies["MongoDB"], api.database.database
    data = csv_of(*(f"http://h.test/{number}.jpg" for number in range(ROWS)))
    with api.client() as client:
        check(made(client, CALLS["healthz"]), status=200)
        before = proxy.received
        check(made(client, CALLS["upload"], data), status=202)
        proxy.stall(after=(proxy.received - before) * 9 // 10)  # amid the last of the rows
        check(made(client, CALLS["upload"], data, key), status=503)
        proxy.resume()
        unsealed = database["jobs"].find_one({"rows": ROWS, "sealed": False})
        assert unsealed is not None
        assert 0 < database["rows"].count_documents({"job": unsealed["_id"]}) < ROWS
        answer = made(client, CALLS["upload"], data, key)
    check(answer, status=202)
    assert answer.response.json()["request_id"] == unsealed["_id"]
    assert database["rows"].count_documents({"job": unsealed["_id"]}) == ROWS
