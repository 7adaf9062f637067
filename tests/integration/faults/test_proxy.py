"""The proxy injects the errors of AWS, and boto3 recognises them."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError, ConnectionClosedError

from local.runner import aws
from tests.faults.injection import Injector, Tally
from tests.faults.proxy import CALM, Proxy, proxy


@pytest.fixture
def server(aws_endpoint: str) -> Iterator[Proxy]:
    with proxy(aws_endpoint, Tally()) as server:
        yield server


def always(server: Proxy, fault: str) -> None:
    server.rates = {fault: 1.0}


@pytest.fixture
def queue(server: Proxy) -> Iterator[tuple[Any, str]]:
    sqs = aws.client("sqs", server.url)
    url = sqs.create_queue(QueueName="queue")["QueueUrl"]
    yield sqs, url
    server.rates = CALM
    sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def bucket(server: Proxy) -> tuple[Any, str]:
    s3 = aws.client("s3", server.url)
    s3.create_bucket(Bucket="bucket")
    return s3, "bucket"


def depth(queue: tuple[Any, str], which: str = "") -> int:
    sqs, url = queue
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return int(attributes[f"ApproximateNumberOfMessages{which}"])


@pytest.mark.parametrize(
    ("fault", "status", "code"), [("throttled", 400, "RequestThrottled"), ("failed", 500, "InternalFailure")]
)
def test_sqs_fails_without_effect(
    server: Proxy, queue: tuple[Any, str], fault: str, status: int, code: str
) -> None:
    sqs, url = queue
    always(server, fault)
    with pytest.raises(ClientError) as caught:
        sqs.send_message(QueueUrl=url, MessageBody="hello")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert caught.value.response["Error"]["Code"].endswith(code)
    server.rates = CALM
    assert depth(queue) == 0
    assert server.injected.counts() == {f"sqs SendMessage {fault}": 1}


@pytest.mark.parametrize(
    ("fault", "status", "code"), [("throttled", 503, "SlowDown"), ("failed", 500, "InternalError")]
)
def test_s3_fails_without_effect(
    server: Proxy, bucket: tuple[Any, str], fault: str, status: int, code: str
) -> None:
    s3, name = bucket
    always(server, fault)
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=name, Key=fault, Body=b"x")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert caught.value.response["Error"]["Code"] == code
    server.rates = CALM
    assert s3.list_objects_v2(Bucket=name)["KeyCount"] == 0


def test_a_lost_response_does_not_undo_the_call(server: Proxy, queue: tuple[Any, str]) -> None:
    sqs, url = queue
    always(server, "lost")
    with pytest.raises(ConnectionClosedError):
        sqs.send_message(QueueUrl=url, MessageBody="hello")
    server.rates = CALM
    assert depth(queue) == 1


def test_messages_are_sent_twice_and_late(server: Proxy, queue: tuple[Any, str]) -> None:
    sqs, url = queue
    always(server, "twice")
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "0", "MessageBody": "hello"}])
    always(server, "late")
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    server.rates = CALM
    assert (depth(queue), depth(queue, "Delayed")) == (2, 1)


def test_other_services_and_presigned_urls_are_not_affected(server: Proxy, bucket: tuple[Any, str]) -> None:
    s3, name = bucket
    s3.put_object(Bucket=name, Key="untouched", Body=b"x")
    always(server, "failed")
    aws.client("secretsmanager", server.url).list_secrets()
    link = s3.generate_presigned_url("get_object", Params={"Bucket": name, "Key": "untouched"})
    assert requests.get(link, timeout=10).content == b"x"
    server.rates = CALM
    s3.delete_object(Bucket=name, Key="untouched")


def test_the_same_seed_draws_the_same_faults() -> None:
    rates = {"throttled": 0.3, "lost": 0.2}

    def drawn(seed: int) -> list[str | None]:
        injector = Injector(seed)
        return [injector.draw("s3 PUT", rates) for _ in range(50)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert set(drawn(1)) == {"throttled", "lost", None}
