"""Request bodies that are cut off."""

import asyncio
from collections.abc import Iterator

from starlette.types import Message, Receive, Scope, Send

from functions.api.body_limit import BodyLimit

POST: Scope = {"type": "http", "method": "POST", "headers": []}


def received_by_application(messages: Iterator[Message]) -> list[bytes]:
    """The bodies that an application behind the limit receives for these messages."""
    received: list[bytes] = []

    async def application(_: Scope, receive: Receive, __: Send) -> None:
        received.append((await receive())["body"])

    async def receive() -> Message:
        return next(messages)

    async def send(message: Message) -> None:
        raise AssertionError(message)

    asyncio.run(BodyLimit(application)(POST, receive, send))
    return received


def part(body: bytes, *, more_body: bool) -> Message:
    return {"type": "http.request", "body": body, "more_body": more_body}


def test_a_body_is_passed_on_as_a_whole() -> None:
    parts = [part(b"a", more_body=True), part(b"b", more_body=False)]
    assert received_by_application(iter(parts)) == [b"ab"]


def test_a_body_that_was_cut_off_is_not_passed_on() -> None:
    """A form without its last fields would be accepted as a request that the client never sent."""
    assert received_by_application(iter([part(b"a", more_body=True), {"type": "http.disconnect"}])) == []
