"""A small template on the local system: a real mongod, moto, and each function in its own process."""

import hashlib
import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus, urlsplit

import pymongo
import pytest

from catalight.domain.api_keys import NO_OWNER, webhook_secret
from local.runner.functions import InvocationError
from local.runner.schedules import Schedule
from local.runner.stack import EventSource
from local.runner.system import System
from tests.integration.local.waiting import eventually

TEMPLATE = Path(__file__).with_name("template.yaml")
APP = "tests.integration.local.asgi:app"
FIRST_RECEIPT = {"ApproximateReceiveCount": "1"}
OF_THE_USER = {
    "AWS_PROFILE": "the-users",
    "AWS_ENDPOINT_URL_SQS": "http://192.0.2.1",
    "AWS_SESSION_TOKEN": "the-users",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "HTTP_PROXY": "http://192.0.2.1",
    "HTTPS_PROXY": "http://192.0.2.1",
    "PYTHONPATH": "/nowhere",
    "CATALIGHT_ALLOW_PRIVATE_HOSTS": "1",
}


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    parameters = {"Greeting": "ahoy", "VisibilitySeconds": 2, "TimeoutSeconds": 2, "FailingBatchSize": 4}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in OF_THE_USER.items():
            patch.setenv(name, value)
        patch.delenv("MONGODB_URI", raising=False)
        with System(TEMPLATE, parameters, api_app=APP, at_once=2) as system:
            yield system
            system.check()


def log(system: System, function: str) -> list[dict[str, Any]]:
    """Return what the test handlers of a function have printed so far."""
    path = system.folder / f"{function}.log"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines if line.startswith("{")]


def records(system: System, function: str) -> list[dict[str, Any]]:
    """Return the records of every event that a function has logged."""
    return [record for entry in log(system, function) for record in entry["event"].get("Records", [])]


def receipts(system: System) -> list[tuple[str, int]]:
    """Return the messages that FailingFunction has received, each with its receive count."""
    return sorted((entry["body"], entry["count"]) for entry in log(system, "FailingFunction"))


def arn(system: System, queue: str) -> str:
    return f"arn:aws:sqs:us-east-1:123456789012:{system.stack.resources[queue].rpartition('/')[2]}"


def send(system: System, queue: str, *bodies: str, **options: Any) -> None:
    entries = [{"Id": str(n), "MessageBody": body, **options} for n, body in enumerate(bodies)]
    system.client("sqs").send_message_batch(QueueUrl=system.stack.resources[queue], Entries=entries)


def waiting(system: System, queue: str) -> int:
    """Return the number of messages in a queue, visible and in flight."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    url = system.stack.resources[queue]
    found = system.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def test_the_environment_is_that_of_the_template(system: System) -> None:
    resources = system.stack.resources
    function = system.functions["FailingFunction"]
    secret = function.environment["MONGODB_URI_SECRET_ARN"]

    assert function.environment == {
        "GREETING": "ahoy",
        "MONGODB_URI_SECRET_ARN": secret,
        "BUCKET": resources["Bucket"],
        "API_URL": system.url,
        "UPLOAD_URL": f"{system.url}/upload",
        "DEAD_LETTER_ARN": arn(system, "DeadLetterQueue"),
        "LABEL": f"ahoy-{resources['WholeQueue'].split('/')[-1]}",
        "SECONDS": "2",
    }
    assert (function.memory, function.timeout) == (512, 2)
    assert "API_URL" not in system.functions["EchoFunction"].environment


def test_secrets_contain_the_values_of_the_system(system: System) -> None:
    manager = system.client("secretsmanager")
    arn = system.functions["EchoFunction"].environment["MONGODB_URI_SECRET_ARN"]

    assert manager.get_secret_value(SecretId=arn)["SecretString"] == system.mongodb_uri
    master = manager.get_secret_value(SecretId="WebhookSecretArn")["SecretString"]
    assert webhook_secret(master, NO_OWNER, 1) == system.webhook_secret


def test_mongodb_is_a_writable_replica_set(system: System) -> None:
    with pymongo.MongoClient[dict[str, Any]](system.mongodb_uri) as client:
        database = client[system.mongodb_database]
        with client.start_session() as session, session.start_transaction():
            database["tests"].insert_one({"_id": 1}, session=session)
        assert client.get_default_database().name == system.mongodb_database
        assert database["tests"].count_documents({}) == 1


def test_event_sources_and_schedules_are_those_of_the_template(system: System) -> None:
    failing, echo = (system.functions[name].arn for name in ("FailingFunction", "EchoFunction"))

    assert set(system.stack.event_sources) == {
        EventSource(failing, arn(system, "FailingQueue"), 4, reports_failures=True, maximum_concurrency=2),
        EventSource(failing, arn(system, "CrashQueue"), 1, reports_failures=False, maximum_concurrency=None),
        EventSource(echo, arn(system, "UploadQueue"), 1, reports_failures=False, maximum_concurrency=None),
        EventSource(echo, arn(system, "WholeQueue"), 2, reports_failures=False, maximum_concurrency=None),
    }
    assert system.stack.schedules == [
        Schedule("EchoFunctionTick", 300, echo),
        Schedule("EchoFunctionTock", 3600, echo, {"tock": True}),
    ]


def test_api_runs_in_its_functions_environment(system: System) -> None:
    connection = http.client.HTTPConnection(urlsplit(system.url).netloc)
    for name, value in (("BUCKET", system.stack.resources["Bucket"]), ("AWS_PROFILE", "")):
        connection.request("GET", f"/{name}")
        assert connection.getresponse().read().decode() == value
    connection.close()


def test_a_handler_gets_the_context_of_lambda_and_no_settings_of_the_user(system: System) -> None:
    function = system.functions["EchoFunction"]
    answer = system.invoke("EchoFunction", {"käse": [1, None]})
    environment = answer["environment"]

    assert answer["event"] == {"käse": [1, None]}
    assert (answer["function"], answer["memory"], answer["read"]) == (function.name, "256", "")
    assert 0 < answer["milliseconds"] <= 2000
    assert environment.items() >= function.environment.items()
    assert environment["AWS_ENDPOINT_URL"] == system.endpoint_url
    assert environment["AWS_REGION"] == "us-east-1"
    assert environment["CATALIGHT_ALLOW_PRIVATE_HOSTS"] == "1"
    assert OF_THE_USER.keys() & environment.keys() == {"AWS_DEFAULT_REGION", "CATALIGHT_ALLOW_PRIVATE_HOSTS"}
    assert environment["AWS_DEFAULT_REGION"] == "us-east-1"


def test_event_has_the_shape_of_sqs(system: System) -> None:
    send(
        system, "WholeQueue", "shape", MessageAttributes={"kind": {"DataType": "String", "StringValue": "x"}}
    )
    [record] = eventually(lambda: [r for r in records(system, "EchoFunction") if r.get("body") == "shape"])

    assert record.pop("messageId")
    assert record.pop("receiptHandle")
    attributes = record.pop("attributes")
    assert attributes["ApproximateReceiveCount"] == "1"
    assert attributes["SentTimestamp"].isdecimal()
    assert record == {
        "body": "shape",
        "messageAttributes": {
            "kind": {"dataType": "String", "stringValue": "x", "stringListValues": [], "binaryListValues": []}
        },
        "md5OfBody": hashlib.md5(b"shape").hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": arn(system, "WholeQueue"),
        "awsRegion": "us-east-1",
    }


def test_bucket_event_reaches_its_function(system: System) -> None:
    s3 = system.client("s3")
    for key in ("elsewhere/a.csv", "uploads/b.csv"):
        s3.put_object(Bucket=system.stack.resources["Bucket"], Key=key, Body=b"x")

    def bodies() -> list[dict[str, Any]]:
        uploads = [
            r
            for r in records(system, "EchoFunction")
            if r.get("eventSourceARN") == arn(system, "UploadQueue")
        ]
        return [json.loads(record["body"]) for record in uploads]

    eventually(lambda: len(bodies()) == 2)
    test, upload = sorted(bodies(), key=lambda body: "Records" in body)
    assert test["Event"] == "s3:TestEvent"  # sent when a notification is configured, as on AWS
    assert [unquote_plus(entry["s3"]["object"]["key"]) for entry in upload["Records"]] == ["uploads/b.csv"]


def test_partial_batch_failure_returns_that_message_only(system: System) -> None:
    send(system, "FailingQueue", "ok 1", "fail 2", "ok 3", DelaySeconds=1)  # due at the same time: one batch

    eventually(lambda: ("fail 2", 2) in receipts(system))
    eventually(lambda: waiting(system, "FailingQueue") == 0)
    seen = [receipt for receipt in receipts(system) if receipt[0] in ("ok 1", "fail 2", "ok 3")]
    assert seen == [("fail 2", 1), ("fail 2", 2), ("ok 1", 1), ("ok 3", 1)]


def test_handler_that_raises_fails_its_batch(system: System) -> None:
    send(system, "WholeQueue", "raise", "other", DelaySeconds=1)

    eventually(lambda: [r for r in records(system, "EchoFunction") if r.get("body") == "raise"][1:])
    eventually(lambda: waiting(system, "WholeQueue") == 0)
    assert "ValueError: as the message asked" in (system.folder / "EchoFunction.log").read_text(
        encoding="utf-8"
    )
    with pytest.raises(InvocationError, match="ValueError: as the message asked"):
        system.invoke("EchoFunction", {"Records": [{"body": "raise", "attributes": FIRST_RECEIPT}]})


def test_crash_and_timeout_lead_to_the_dead_letter_queue(system: System) -> None:
    send(system, "CrashQueue", "die", "sleep")

    eventually(lambda: waiting(system, "DeadLetterQueue") == 2)
    seen = [receipt for receipt in receipts(system) if receipt[0] in ("die", "sleep")]
    assert seen == [("die", 1), ("die", 2), ("sleep", 1), ("sleep", 2)]
    assert waiting(system, "CrashQueue") == 0
