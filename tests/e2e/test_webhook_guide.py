"""The receivers of docs/webhooks.md as processes of their own, called by the local system."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
import requests
from standardwebhooks import Webhook

from local.client import Client
from local.hosts.image_server import ImageServer
from local.hosts.webhook_receiver import webhook_receiver
from local.runner.children import PROJECT
from local.runner.system import System
from tests.integration.local.waiting import eventually

GUIDE = (PROJECT / "docs/webhooks.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
OTHER_SECRET = "whsec_" + "b3RoZXI" * 4 + "bw=="
EVENT = json.dumps({"type": "job.completed", "data": {"download_url": "http://h/download/1"}})


def blocks(language: str) -> list[str]:
    return [code for name, code in BLOCKS if name == language]


RECEIVERS = [
    *(pytest.param(sys.executable, code, id=f"python-{n}") for n, code in enumerate(blocks("python"))),
    *(pytest.param("node", code, id="node") for code in blocks("js")),
]


class Receiver:
    """A receiver that runs at `url`; `lines` are those that it has printed."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}/"
        self.lines: Queue[str] = Queue()

    def deliver(self, webhook_id: str, sent: datetime, *signatures: str) -> int:
        """Call it as Catalight does; return the status of the answer."""
        headers = {
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(sent.timestamp())),
            "webhook-signature": " ".join(signatures),
        }
        return requests.post(self.url, data=EVENT.encode(), headers=headers, timeout=30).status_code


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return int(bound.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def receiving(tool: str, code: str, secret: str, folder: Path) -> Iterator[Receiver]:
    """Run a receiver of the guide until the block ends."""
    if shutil.which(tool) is None:
        pytest.skip(f"NOT TESTED: docs/webhooks.md with {tool}, because there is none here")
    script = folder / ("receiver.mjs" if tool == "node" else "receiver.py")
    script.write_text(code)
    receiver = Receiver(_free_port())
    environment = os.environ | {"WEBHOOK_SECRET": secret, "PORT": str(receiver.port)}
    with (folder / "errors.log").open("w") as errors:
        process = subprocess.Popen(
            [tool, str(script)], env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        )
    assert process.stdout is not None
    reader = threading.Thread(target=_read, args=(process.stdout, receiver.lines.put))
    reader.start()
    try:
        eventually(lambda: _listens(receiver.port))
        yield receiver
    finally:
        process.terminate()
        process.wait()
        reader.join()
        process.stdout.close()


def _read(lines: Iterator[str], put: Callable[[str], None]) -> None:
    for line in lines:
        put(line.rstrip("\n"))


@pytest.mark.parametrize(("tool", "code"), RECEIVERS)
def test_a_receiver_verifies_deliveries_and_handles_each_once(
    system: System, images: ImageServer, client: Client, tmp_path: Path, tool: str, code: str
) -> None:
    (tmp_path / "products.csv").write_text(f"SKU,Image\n1,{images.url}/3202.jpg\n")
    [driver] = blocks("bash")
    with receiving(tool, code, system.webhook_secret, tmp_path) as receiver:
        environment = os.environ | {"CATALIGHT_URL": system.url, "PORT": str(receiver.port)}
        done = subprocess.run(
            ["bash", "-c", driver],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        request_id = json.loads(done.stdout)["request_id"]
        assert receiver.lines.get(timeout=30) == f"job.completed {system.url}/download/{request_id}"
        eventually(lambda: len(client.status(request_id)["webhook"]["attempts"]) == 2)
        attempts = client.status(request_id)["webhook"]["attempts"]
        assert [attempt["status"] for attempt in attempts] == [204, 204]

        now, ours, other = datetime.now(UTC), Webhook(system.webhook_secret), Webhook(OTHER_SECRET)
        old = now - timedelta(minutes=6)
        assert receiver.deliver("msg_1", now, other.sign("msg_1", now, EVENT)) == 401
        assert receiver.deliver("msg_2", now, ours.sign("msg_1", now, EVENT)) == 401
        assert receiver.deliver("msg_1", old, ours.sign("msg_1", old, EVENT)) == 401
        assert receiver.deliver("msg_1", now) == 401
        both = [other.sign("msg_1", now, EVENT), ours.sign("msg_1", now, EVENT)]
        assert receiver.deliver("msg_1", now, *both) == 204
        assert receiver.lines.get(timeout=30) == "job.completed http://h/download/1"
    assert receiver.lines.empty()


def shape(found: Any) -> Any:
    """The keys of an object and the types of its values."""
    if isinstance(found, dict):
        return {name: shape(value) for name, value in found.items()}
    return type(found)


def test_the_guide_shows_what_is_sent(system: System, images: ImageServer, client: Client) -> None:
    catalogue = f"SKU,Image\n1,{images.url}/3203.jpg\n2,{images.url}/missing/3204.jpg\n"
    [shown] = blocks("json")
    with webhook_receiver(system.webhook_secret) as receiver:
        client.upload(catalogue.encode(), webhook_url=receiver.url, reference="order 4711")
        event = receiver.events.get(timeout=60)
    example = json.loads(shown)
    assert shape(event) == shape(example)
    same = ("status", "file_name", "reference", "images", "errors")
    assert {name: event["data"][name] for name in same} == {name: example["data"][name] for name in same}


def test_the_guide_names_the_pauses_of_the_template() -> None:
    units = {"s": 1, "min": 60, "h": 3600}
    [text] = re.findall(r"repeated after (.*?): ten attempts", GUIDE, re.DOTALL)
    said = [int(number) * units[unit] for number, unit in re.findall(r"(\d+) (s|min|h)\b", text)]
    found = re.search(
        r"WebhookRetryPauses:\n(?:    .*\n)*?    Default: \"([\d,]+)", (PROJECT / "template.yaml").read_text()
    )
    assert found is not None
    assert said == [int(pause) for pause in found[1].split(",")]
