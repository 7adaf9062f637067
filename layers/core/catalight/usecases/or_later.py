"""What an outage of our own services does to a message."""

import logging
from collections.abc import Callable

from catalight.domain.errors import UnavailableError
from catalight.domain.messages import Message
from catalight.usecases.ports import Queue

logger = logging.getLogger(__name__)


def or_later(queue: Queue, message: Message, pause: int, handle: Callable[[], None]) -> None:
    """Handle the message; where a service of ours is down, send it anew after `pause` seconds.

    The old one is taken for handled: an outage never looks like a crash.
    """
    try:
        handle()
    except UnavailableError as error:
        logger.warning("sent anew: %s", error)
        queue.send([message], delay=pause)
