"""What there is to ask a system about: without it, hardly anything but 404 would be tested."""

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
    """Who has a key: what it sends to be known, and what its webhooks are signed with."""

    headers: Mapping[str, str]
    webhook_secret: str


@dataclass(frozen=True)
class Known:
    """Jobs, the first of them deleted, an image, and hosts of ours that jobs may call."""

    images: str
    webhook: str
    jobs: list[str]
    image: str
    job_cursor: str
    headers: Mapping[str, str]


@contextmanager
def known(system: System, caller: Caller | None) -> Iterator[Known]:
    """Jobs of a caller, or of nobody where no keys are asked for."""
    caller = caller or Caller({}, system.webhook_secret)
    client = Client(system.url)
    client.http.headers.update(caller.headers)
    with image_server(60, 45) as images, webhook_receiver(caller.webhook_secret) as receiver:
        webhook = f"{receiver.url}/hook"
        done = ended_job(client, f"{images.url}/1.jpg", webhook_url=webhook)
        failed = ended_job(client, f"{images.url}/missing/1.jpg")
        gone = ended_job(client, f"{images.url}/1.jpg")
        client.http.delete(f"{client.url}/jobs/{gone}", timeout=TIMEOUT).raise_for_status()
        rows = client.http.get(f"{client.url}/jobs/{done}/rows", timeout=TIMEOUT).json()["rows"]
        image = rows[0]["images"][0]["output_url"]
        cursor = client.http.get(f"{client.url}/jobs?limit=1", timeout=TIMEOUT).json()["next"]
        yield Known(images.url, webhook, [gone, done, failed], image, cursor, caller.headers)


def ended_job(client: Client, cell: str, **fields: str) -> str:
    """The id of a job that has ended."""
    request_id: str = client.upload(csv_of(cell), **fields)["request_id"]
    for _ in client.watch(request_id, JOB_SECONDS):
        pass
    return request_id
