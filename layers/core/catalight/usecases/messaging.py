"""How use cases send and handle messages while a service may be down."""

import logging
from collections.abc import Callable, Iterable

from catalight.domain.errors import UnavailableError
from catalight.domain.messages import Message
from catalight.usecases.ports import Queue

logger = logging.getLogger(__name__)


def send_best_effort(queue: Queue, messages: Iterable[Message], group: str | None = None) -> None:
    """Send messages about something that is already stored; if sending fails, the sweeper sends them.

    The caller's request has been accepted, so an outage of SQS must not report it as failed.
    """
    try:
        queue.send(messages, group=group)
    except UnavailableError as error:
        logger.warning("a message was not sent; the sweeper will send it: %s", error)


def defer_on_outage(queue: Queue, message: Message, pause: int, handle: Callable[[], None]) -> bool:
    """Handle a message; if one of our own services is down, send it again after `pause` seconds.

    The received message then counts as handled, so an outage never looks like a crash. Return False then.
    """
    try:
        handle()
    except UnavailableError as error:
        logger.warning("deferred by %d s: %s", pause, error)
        queue.send([message], delay=pause)
        return False
    return True
