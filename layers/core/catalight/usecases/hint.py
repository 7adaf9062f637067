"""Messages that may be lost."""

import logging
from collections.abc import Iterable

from catalight.domain.errors import UnavailableError
from catalight.domain.messages import Message
from catalight.usecases.ports import Queue

logger = logging.getLogger(__name__)


def hint(queue: Queue, messages: Iterable[Message]) -> None:
    """Send messages after what they are about is stored: should that fail, the sweeper sends them.

    So a client is not told that its request failed when it has been taken.
    """
    try:
        queue.send(messages)
    except UnavailableError as error:
        logger.warning("a hint was not sent, the sweeper will: %s", error)
