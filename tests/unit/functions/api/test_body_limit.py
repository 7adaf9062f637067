"""Bodies that end before they are whole."""

import asyncio
from collections.abc import Iterator

from starlette.types import Message, Receive, Scope, Send

from functions.api.body_limit import BodyLimit

POST: Scope = {"type": "http", "method": "POST", "headers": []}


def given_to_the_application(messages: Iterator[Message]) -> list[bytes]:
    """The bodies that an application behind the limit is given when these messages come in."""
    given: list[bytes] = []

    async def application(_: Scope, receive: Receive, __: Send) -> None:
        given.append((await receive())["body"])

    async def receive() -> Message:
        return next(messages)

    async def send(message: Message) -> None:
        raise AssertionError(message)

    asyncio.run(BodyLimit(application)(POST, receive, send))
    return given


def part(body: bytes, *, more_body: bool) -> Message:
    return {"type": "http.request", "body": body, "more_body": more_body}


def test_a_body_is_given_whole() -> None:
    parts = [part(b"a", more_body=True), part(b"b", more_body=False)]
    assert given_to_the_application(iter(parts)) == [b"ab"]


def test_what_was_broken_off_is_not_taken_for_a_whole() -> None:
    """A form without its last fields would be another order, taken from a client that never sent it."""
    assert given_to_the_application(iter([part(b"a", more_body=True), {"type": "http.disconnect"}])) == []
