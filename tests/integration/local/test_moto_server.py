"""Our changes to moto: thread-safe and fair queues, and no requests from web pages."""

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from moto.sqs.models import SQSBackend

from local.runner.moto_server import delete_message, for_this_machine, receive_message

WAIT = 20


def backend() -> SQSBackend:
    backend = SQSBackend("us-east-1", "123456789012")
    backend.create_queue("queue")
    return backend


def test_long_poll_does_not_block_senders_and_returns_their_message() -> None:
    sqs = backend()
    with ThreadPoolExecutor() as pool:
        polled = pool.submit(receive_message, sqs, "queue", 1, WAIT, 30)
        sqs.send_message("queue", "hello")
        assert [message.body for message in polled.result(WAIT / 2)] == ["hello"]


def test_long_poll_returns_messages_that_become_visible_again() -> None:
    sqs = backend()
    sqs.send_message("queue", "hello")
    [first] = receive_message(sqs, "queue", 1, 0, 1)
    assert receive_message(sqs, "queue", 1, 0, 1) == []
    [second] = receive_message(sqs, "queue", 1, WAIT, 1)
    assert (second.id, second.approximate_receive_count) == (first.id, 2)


def test_a_group_that_takes_all_the_time_waits_for_the_others() -> None:
    sqs = backend()
    for number in range(3):
        sqs.send_message("queue", f"large {number}", group_id="large")
    [first] = receive_message(sqs, "queue", 1, 0, 30)
    sqs.send_message("queue", "small", group_id="small")
    order = [receive_message(sqs, "queue", 1, 0, 30)[0].body for _ in range(3)]
    assert (first.body, order) == ("large 0", ["small", "large 1", "large 2"])


def test_delete_waits_for_the_lock_of_the_queue() -> None:
    sqs = backend()
    queue = sqs.get_queue("queue")
    sqs.send_message("queue", "hello")
    [message] = receive_message(sqs, "queue", 1, 0, 30)
    deleting = threading.Thread(target=delete_message, args=(queue, message.receipt_handle))
    with queue._messages_lock:
        deleting.start()
        deleting.join(0.1)
        assert deleting.is_alive()
        assert queue._messages
    deleting.join(WAIT)
    assert not queue._messages


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"HTTP_HOST": "127.0.0.1:4566"}, "200 OK"),
        ({"HTTP_HOST": "localhost"}, "200 OK"),
        ({"HTTP_HOST": "127.0.0.1:4566", "HTTP_ORIGIN": "https://evil.test"}, "403 Forbidden"),
        ({"HTTP_HOST": "127.0.0.1:4566", "HTTP_ORIGIN": "null"}, "403 Forbidden"),
        ({"HTTP_HOST": "127.0.0.1:4566", "HTTP_ORIGIN": "http://127.0.0.1:8000"}, "200 OK"),
        ({"HTTP_HOST": "127.0.0.1:4566", "HTTP_ORIGIN": "http://localhost.evil.test"}, "403 Forbidden"),
        ({"HTTP_HOST": "rebound.test:4566"}, "403 Forbidden"),
        ({}, "403 Forbidden"),
    ],
)
def test_requests_from_web_pages_are_refused(headers: dict[str, str], status: str) -> None:
    def moto(_: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        return []

    answered: list[str] = []
    list(for_this_machine(moto)(headers, lambda status, _: answered.append(status)))
    assert answered == [status]
