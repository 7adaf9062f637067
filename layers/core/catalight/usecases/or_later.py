"""What an outage of our own services does to a message."""

import logging
from collections.abc import Callable

from catalight.domain.errors import UnavailableError
from catalight.domain.messages import Message
from catalight.usecases.ports import Queue

logger = logging.getLogger(__name__)

PAUSE = 15  # seconds


def or_later(queue: Queue, message: Message, handle: Callable[[], None]) -> None:
    """Handle the message; where a service does not answer, send it anew, and take the old one for handled.

    So an outage never looks like a crash, and is over for a message as soon as it is over.
    """
    try:
        handle()
    except UnavailableError as error:
        logger.warning("sent anew: %s", error)
        queue.send([message], delay=PAUSE)
