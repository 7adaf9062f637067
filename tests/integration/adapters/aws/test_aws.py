"""SQS and S3 adapters against the moto server."""

import json
import uuid
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from catalight.adapters.aws.s3 import S3Store
from catalight.adapters.aws.sqs import CALLS, SqsQueue
from catalight.adapters.logging import hops, logs
from catalight.domain.errors import CatalightError, ResultError, ResultErrorCode, UnavailableError
from catalight.domain.messages import FinishJob, ProcessRange, decode
from local.hosts.http_server import Handler, Server, serving
from local.runner import aws
from local.runner.children import free_port


@pytest.fixture
def sqs(aws_endpoint: str) -> Any:
    return aws.client("sqs", aws_endpoint)


@pytest.fixture
def queue_url(sqs: Any) -> str:
    url: str = sqs.create_queue(QueueName=uuid.uuid4().hex)["QueueUrl"]
    return url


def received(sqs: Any, url: str) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    while batch := sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=10,
        AttributeNames=["All"],
        MessageAttributeNames=["All"],
        WaitTimeSeconds=0,
    ).get("Messages"):
        messages += batch
    return messages


class FlakySqs:
    """The real client, but the first attempt for every third message fails, as can happen in an SQS batch."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.failed: set[str] = set()
        self.calls = 0

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        self.calls += 1
        refused = [
            entry
            for number, entry in enumerate(Entries)
            if number % 3 == 0 and entry["MessageBody"] not in self.failed
        ]
        self.failed |= {entry["MessageBody"] for entry in refused}
        accepted = [entry for entry in Entries if entry not in refused]
        if accepted:
            self.client.send_message_batch(QueueUrl=QueueUrl, Entries=accepted)
        return {"Failed": [{"Id": entry["Id"]} for entry in refused]}


class TestQueue:
    @pytest.mark.parametrize(("group", "expected"), [(None, "job"), ("owner", "owner")])
    def test_messages_arrive_complete_and_grouped(
        self, sqs: Any, queue_url: str, group: str | None, expected: str
    ) -> None:
        sent = [ProcessRange("job", 1, number) for number in range(23)]
        SqsQueue(sqs, queue_url).send(sent, group=group)
        found = received(sqs, queue_url)
        assert sorted(map(str, (decode(message["Body"]) for message in found))) == sorted(map(str, sent))
        assert {message["Attributes"]["MessageGroupId"] for message in found} == {expected}

    def test_a_message_carries_the_chain_that_it_belongs_to(self, sqs: Any, queue_url: str) -> None:
        logs.logger().clear_state()
        hops.begin({"http_request_id": "req", "trace_id": "1-first"})
        SqsQueue(sqs, queue_url).send([FinishJob("j", 1)])
        logs.logger().clear_state()
        [message] = received(sqs, queue_url)
        carried = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
        assert carried == {"http_request_id": "req", "trace_id": "1-first"}

    def test_a_delayed_message_waits(self, sqs: Any, queue_url: str) -> None:
        SqsQueue(sqs, queue_url).send([FinishJob("job", 1)], delay=900)
        attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["All"])["Attributes"]
        assert attributes["ApproximateNumberOfMessagesDelayed"] == "1"

    def test_a_message_has_its_delay_and_the_trace_of_x_ray(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """moto ignores system attributes of batches."""
        sent: list[dict[str, Any]] = []

        class Keeping:
            def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
                sent.extend(Entries)
                return {}

        queue = SqsQueue(Keeping(), "q")  # type: ignore[arg-type]
        queue.send([FinishJob("j", 1)])
        header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
        monkeypatch.setenv(hops.TRACE_VARIABLE, header)
        queue.send([FinishJob("j", 1)], delay=900)
        plain, traced = sent
        assert plain.keys() == {"Id", "MessageBody", "DelaySeconds", "MessageGroupId"}
        assert traced["MessageAttributes"] == {"delay": {"DataType": "Number", "StringValue": "900"}}
        expected = {"AWSTraceHeader": {"DataType": "String", "StringValue": header}}
        assert traced["MessageSystemAttributes"] == expected

    def test_failed_entries_of_a_batch_are_sent_again(self, sqs: Any, queue_url: str) -> None:
        flaky = FlakySqs(sqs)
        pauses: list[float] = []
        sent = [ProcessRange("job", 1, number) for number in range(25)]
        SqsQueue(flaky, queue_url, pauses.append).send(sent)  # type: ignore[arg-type]
        assert sorted(json.loads(m["Body"])["range"] for m in received(sqs, queue_url)) == list(range(25))
        assert flaky.calls > 3
        assert pauses == sorted(pauses)

    def test_a_queue_that_accepts_nothing_is_unavailable(self, sqs: Any, queue_url: str) -> None:
        class Refusing:
            def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
                return {"Failed": [{"Id": entry["Id"]} for entry in Entries]}

        with pytest.raises(UnavailableError, match="SQS"):
            SqsQueue(Refusing(), queue_url, lambda _: None).send([FinishJob("j", 1)])  # type: ignore[arg-type]

    def test_an_endpoint_that_is_down_is_unavailable(self) -> None:
        sqs = aws.client("sqs", f"http://127.0.0.1:{free_port()}")
        with pytest.raises(UnavailableError, match="SQS"):
            SqsQueue(sqs, "http://127.0.0.1/q").send([FinishJob("j", 1)])

    def test_in_an_outage_no_batch_is_tried_after_one_that_failed(self) -> None:
        tried: list[str] = []

        class Failing(Handler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                tried.append(self.path)
                self.answer(500, b'{"__type": "InternalFailure"}', "application/x-amz-json-1.0")

        server = Server(("127.0.0.1", 0), Failing)
        queue = SqsQueue(aws.client("sqs", server.url), f"{server.url}/q")
        with serving(server), pytest.raises(UnavailableError, match="SQS"):
            queue.send(ProcessRange("j", 1, number) for number in range(1000))
        assert 0 < len(tried) <= CALLS


class TestStore:
    @pytest.fixture
    def bucket(self, aws_endpoint: str) -> tuple[Any, str]:
        client, name = aws.client("s3", aws_endpoint), uuid.uuid4().hex
        client.create_bucket(Bucket=name)
        return client, name

    def test_an_image_is_stored_with_its_type_and_cache_headers(self, bucket: tuple[Any, str]) -> None:
        client, name = bucket
        store = S3Store(client, name)
        assert not store.exists("images/t/a.jpg")
        store.put("images/t/a.jpg", b"bytes", "image/jpeg")
        assert store.exists("images/t/a.jpg")
        answer = requests.get(store.link("images/t/a.jpg", 60), timeout=10)
        assert (answer.status_code, answer.content) == (200, b"bytes")
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"

    def test_an_image_that_is_renewed_is_as_before_but_younger(self, bucket: tuple[Any, str]) -> None:
        s3, name = bucket
        store = S3Store(s3, name)
        store.put("images/é.webp", b"bytes", "image/webp")
        before = s3.get_object(Bucket=name, Key="images/é.webp")
        assert store.renew("images/é.webp", "image/webp")
        after = s3.get_object(Bucket=name, Key="images/é.webp")
        assert after["Body"].read() == before["Body"].read()
        assert after["LastModified"] >= before["LastModified"]
        for header in ("ContentType", "CacheControl"):
            assert after[header] == before[header]

    def test_an_image_that_is_not_stored_is_not_renewed(self, bucket: tuple[Any, str]) -> None:
        assert not S3Store(*bucket).renew("images/nothing.jpg", "image/jpeg")

    def test_an_image_may_have_a_name_of_any_script(self, bucket: tuple[Any, str]) -> None:
        client, name = bucket
        store, key = S3Store(client, name), "images/t/Größe-鞋-हिन्दी.jpg"
        store.put(key, b"bytes", "image/jpeg")
        assert requests.get(store.link(key, 60), timeout=10).content == b"bytes"
        store.delete([key])
        assert not store.exists(key)

    def test_a_link_is_for_one_method(self, bucket: tuple[Any, str]) -> None:
        client, name = bucket
        store = S3Store(client, name)
        store.put("images/t/a.jpg", b"bytes", "image/jpeg")
        get, head = (store.link("images/t/a.jpg", 60, "a.jpg", head=head) for head in (False, True))
        answer = requests.head(head, timeout=10)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/jpeg")
        assert answer.headers["Content-Length"] == "5"
        assert requests.get(get, timeout=10).content == b"bytes"
        # moto checks no signatures. S3 does, and the signed text begins with the method.
        assert get != head

    @pytest.mark.parametrize("size", [0, 1, 5_000_000, 21_000_000])
    def test_a_stream_of_any_length_is_stored_completely(self, bucket: tuple[Any, str], size: int) -> None:
        client, name = bucket
        data = bytes(range(256)) * (size // 256 + 1)
        chunks = (data[start : start + 99_991] for start in range(0, size, 99_991))
        expected = b"".join(data[start : start + 99_991] for start in range(0, size, 99_991))
        S3Store(client, name).put_stream("results/j/1.csv", chunks, "text/csv")
        assert client.get_object(Bucket=name, Key="results/j/1.csv")["Body"].read() == expected

    def test_an_empty_chunk_is_not_the_end_of_a_stream(self, bucket: tuple[Any, str]) -> None:
        client, name = bucket
        S3Store(client, name).put_stream("results/j/1.csv", iter([b"", b"a", b"", b"b"]), "text/csv")
        assert client.get_object(Bucket=name, Key="results/j/1.csv")["Body"].read() == b"ab"

    @pytest.mark.parametrize("size", [0, 100, 9_000_000])
    @pytest.mark.parametrize(
        "error", [UnavailableError("MongoDB"), ResultError(ResultErrorCode.TOO_LARGE, "MongoDB")]
    )
    def test_a_stream_that_breaks_stores_nothing(
        self, bucket: tuple[Any, str], error: CatalightError, size: int
    ) -> None:
        client, name = bucket

        def breaking() -> Any:
            yield b"x" * size
            raise error

        store = S3Store(client, name)
        with pytest.raises(type(error), match="MongoDB"):
            store.put_stream("results/j/1.csv", breaking(), "text/csv")
        assert not store.exists("results/j/1.csv")

    def test_a_result_is_saved_under_the_users_own_name(self, bucket: tuple[Any, str]) -> None:
        client, name = bucket
        store = S3Store(client, name)
        store.put("results/j/1.csv", b"x", "text/csv")
        answer = requests.get(store.link("results/j/1.csv", 60, 'préis "x".csv'), timeout=10)
        disposition = answer.headers["Content-Disposition"]
        assert disposition == "attachment; filename*=UTF-8''pr%C3%A9is%20%22x%22.csv"

    def test_any_number_of_keys_is_deleted_missing_ones_included(self, bucket: tuple[Any, str]) -> None:
        client, name = bucket
        store = S3Store(client, name)
        for key in ("images/t/a.jpg", "images/t/b.jpg", "images/t/kept.jpg"):
            store.put(key, b"x", "image/jpeg")
        many = [f"images/{number}/a.jpg" for number in range(1100)]
        store.delete(["images/t/a.jpg", *many, "images/t/b.jpg"])
        assert [entry["Key"] for entry in client.list_objects_v2(Bucket=name)["Contents"]] == [
            "images/t/kept.jpg"
        ]
        store.delete([])

    def test_a_misconfiguration_is_no_outage(self, bucket: tuple[Any, str]) -> None:
        client, _ = bucket
        with pytest.raises(ClientError, match="NoSuchBucket"):
            S3Store(client, "missing").put("k", b"", "image/jpeg")

    def test_an_object_is_sent_without_expect_100_continue(self) -> None:
        asked: list[str | None] = []

        class Listening(Handler):
            def do_PUT(self) -> None:
                asked.append(self.headers["Expect"])
                self.rfile.read(int(self.headers["Content-Length"]))
                self.answer(200)

        server = Server(("127.0.0.1", 0), Listening)
        with serving(server):
            S3Store(aws.client("s3", server.url), "bucket").put("k", b"x", "image/jpeg")
        assert asked == [None]

    @pytest.mark.parametrize(
        ("status", "code"), [(503, "SlowDown"), (500, "InternalError"), (400, "Throttling")]
    )
    def test_throttling_and_faults_of_aws_are_unavailable(self, status: int, code: str) -> None:
        class Refusing(Handler):
            def do_PUT(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.answer(status, f"<Error><Code>{code}</Code></Error>".encode(), "text/xml")

        server = Server(("127.0.0.1", 0), Refusing)
        with serving(server), pytest.raises(UnavailableError, match="S3"):
            S3Store(aws.client("s3", server.url), "bucket").put("k", b"x", "image/jpeg")

    def test_an_endpoint_that_is_down_is_unavailable(self) -> None:
        store = S3Store(aws.client("s3", f"http://127.0.0.1:{free_port()}"), "bucket")
        with pytest.raises(UnavailableError, match="S3"):
            store.put("k", b"", "image/jpeg")
        with pytest.raises(UnavailableError, match="S3"):
            store.exists("k")
