"""Runs moto's server with thread-safe and fair queues: `python -m local.runner.moto_server PORT [FOLDER]`.

FOLDER keeps the bucket's objects; without it they end with the server.

moto handles each request in a thread of its own. But its queues rebuild their list of messages without a
lock when one is deleted, so a message sent meanwhile is lost (2 in 1,000 with four busy clients), and two
receivers may get the same message at once. To find the service of a request, moto also lists its own folder
and tries the patterns of all services, which takes a third of the time of a request; here that is cached.
moto ignores the groups of a standard queue; here they take turns as in a fair queue.
"""

import logging
import re
import sys
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import moto.cloudformation.models  # noqa: F401 - slow to import; done here while the runner translates
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.sqs.models import Message, Queue, SQSBackend
from werkzeug.serving import make_server

from local.runner.fair_order import FairOrder
from local.runner.kept_objects import KeptObjects

RECHECK_SECONDS = 0.5
_LOCAL_PAGE = re.compile(r"https?://(localhost|127\.0\.0\.1)(:[0-9]{1,5})?")
HOST = "127.0.0.1"
NAMES = ("localhost", "host.docker.internal")

type Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

_receive_message = SQSBackend.receive_message
_delete_message = Queue.delete_message
_orders = WeakKeyDictionary[Queue, FairOrder]()


def receive_message(
    self: SQSBackend, queue_name: str, count: int, wait_seconds_timeout: int, *rest: Any
) -> list[Message]:
    """Run moto's receive_message under the lock of its queue, which a long poll releases while it waits."""
    deadline = time.monotonic() + wait_seconds_timeout
    queue = self.get_queue(queue_name)
    lock = queue._messages_lock
    with lock:
        while True:
            _put_first(queue)
            messages = _receive_message(self, queue_name, count, 0, *rest)
            for message in messages:
                _order(queue).received(message.id, message.group_id or message.id, time.monotonic())
            left = deadline - time.monotonic()
            if messages or left <= 0:
                return messages
            lock.wait(min(left, RECHECK_SECONDS))  # no notification when a message becomes visible again


def delete_message(self: Queue, receipt_handle: str) -> None:
    """Run moto's delete_message under the lock that add_message acquires."""
    with self._messages_lock:
        for message in self._messages:
            if message.had_receipt_handle(receipt_handle):
                _order(self).ended(message.id, time.monotonic())
        _delete_message(self, receipt_handle)


def _order(queue: Queue) -> FairOrder:
    return _orders.setdefault(queue, FairOrder())


def _put_first(queue: Queue) -> None:
    """Move the message whose turn it is to the front, from where moto delivers it."""
    first = dict[str, Message]()
    for message in queue.messages:
        first.setdefault(message.group_id or message.id, message)
    if len(first) > 1:
        sent = {group: float(message.sent_timestamp or 0) for group, message in first.items()}
        chosen = first[_order(queue).choose(sent, time.monotonic())]
        queue._messages.remove(chosen)
        queue._messages.insert(0, chosen)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def for_this_machine(application: Application) -> Application:
    """Wrap `application` to reject requests from web pages: moto lets any page read, and holds our secrets.

    A page sends its Origin, unless it has pointed a host name of its own at this machine (DNS rebinding). So
    only local names and IP addresses are allowed as Host; containers call this machine by its address. Pages
    that this machine serves, such as the API's, may do what the CORS rules of buckets allow.
    """

    def guarded(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        name = environ.get("HTTP_HOST", "").partition(":")[0]
        refused = "HTTP_ORIGIN" in environ and not _LOCAL_PAGE.fullmatch(environ["HTTP_ORIGIN"])
        if refused or not (name in NAMES or _is_address(name)):
            start_response("403 Forbidden", [("Content-Length", "0")])
            return []
        return application(environ, start_response)

    return guarded


def main() -> None:
    """Serve all of moto's services on one loopback port until the process is killed."""
    SQSBackend.receive_message = receive_message  # type: ignore[method-assign, assignment]
    Queue.delete_message = delete_message  # type: ignore[method-assign]
    found = lru_cache(DomainDispatcherApplication.get_backend_for_host)
    DomainDispatcherApplication.get_backend_for_host = found  # type: ignore[method-assign]
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # no line for each request
    application: Any = for_this_machine(DomainDispatcherApplication(create_backend_app))
    port, *folder = sys.argv[1:]
    if folder:
        application = KeptObjects(Path(folder[0])).around(application)
    make_server(
        HOST, int(port), application, threaded=True, request_handler=MotoRequestHandler
    ).serve_forever()


if __name__ == "__main__":
    main()
