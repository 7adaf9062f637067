"""Resources that the requests refer to: without them, most responses would be 404."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from local.client import TIMEOUT, Client
from local.hosts.image_server import image_server
from local.hosts.webhook_receiver import webhook_receiver
from local.runner.system import System
from tests.pipeline import csv_of

JOB_SECONDS = 60


@dataclass(frozen=True)
class Caller:
    """A caller: the headers that authenticate it, and the secret that signs its webhooks."""

    headers: Mapping[str, str]
    webhook_secret: str


@dataclass(frozen=True)
class Resources:
    """Jobs, of which the first is deleted, an image, and our own hosts that jobs may call.

    `delivered` is a job with a webhook that no other request changes.
    """

    images: str
    webhook: str
    jobs: list[str]
    delivered: str
    image: str
    job_cursor: str
    headers: Mapping[str, str]


@contextmanager
def created(system: System, caller: Caller | None) -> Iterator[Resources]:
    """Create the resources of a caller; None if the system needs no keys."""
    caller = caller or Caller({}, system.webhook_secret)
    client = Client(system.url)
    client.http.headers.update(caller.headers)
    with image_server(60, 45) as images, webhook_receiver(caller.webhook_secret) as receiver:
        webhook = f"{receiver.url}/hook"
        done = ended_job(client, f"{images.url}/1.jpg", webhook_url=webhook)
        delivered = ended_job(client, f"{images.url}/1.jpg", webhook_url=webhook)
        failed = ended_job(client, f"{images.url}/missing/1.jpg")
        gone = ended_job(client, f"{images.url}/1.jpg")
        client.http.delete(f"{client.url}/jobs/{gone}", timeout=TIMEOUT).raise_for_status()
        rows = client.http.get(f"{client.url}/jobs/{done}/rows", timeout=TIMEOUT).json()["rows"]
        image = rows[0]["images"][0]["output_url"]
        cursor = client.http.get(f"{client.url}/jobs?limit=1", timeout=TIMEOUT).json()["next"]
        yield Resources(images.url, webhook, [gone, done, failed], delivered, image, cursor, caller.headers)


def ended_job(client: Client, cell: str, **fields: str) -> str:
    """Submit a job, wait for its end and return its id."""
    request_id: str = client.upload(csv_of(cell), **fields)["request_id"]
    for _ in client.watch(request_id, JOB_SECONDS):
        pass
    return request_id
