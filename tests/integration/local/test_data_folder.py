"""A system with a data folder goes on where an earlier one was killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
import requests

from local.client import Client, rows_of
from local.hosts.image_server import image_server
from local.runner.children import free_port
from local.runner.data_folder import DataFolder
from local.runner.errors import LocalError
from tests.integration.local.waiting import children, eventually, running

IMAGES = 24
RUN = [sys.executable, "-m", "local.run"]


class Run:
    """`make run` as its own process."""

    def __init__(self, port: int, data: Path, logs: Path) -> None:
        variables = {"PORT": str(port), "DATA": str(data), "LOGS": str(logs), "AT_ONCE": "1"}
        self.process = subprocess.Popen(
            RUN,
            env=os.environ | variables | {"CATALIGHT_ALLOW_PRIVATE_HOSTS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.output = ""
        output: IO[str] = self.process.stdout or sys.stdin
        for line in output:
            self.output += line
            if "download" in line:
                break
        self.secret = (logs / "webhook-secret").read_text() if self.process.poll() is None else ""
        self.client = Client(f"http://127.0.0.1:{port}")

    def end(self, number: int) -> None:
        processes = children(self.process.pid)
        self.process.send_signal(number)
        self.process.communicate(timeout=20)
        eventually(lambda: not running(processes))


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data"


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_job_survives_a_kill_in_its_midst(data: Path, tmp_path: Path) -> None:
    port = free_port()
    with image_server(60, 45) as images:
        urls = [f"{images.url}/{3100 + number}.jpg" for number in range(IMAGES - 1)]
        urls.append(f"{images.url}/busy/{3100 + IMAGES}.jpg")
        lines = [f"{number},Product,{url}" for number, url in enumerate(urls, 1)]
        first = Run(port, data, tmp_path / "first")
        sent = "\n".join(["Serial Number,Product Name,Input Image Urls", *lines]).encode()
        job = first.client.upload(sent)["request_id"]
        eventually(lambda: first.client.status(job)["images"]["done"])
        before = first.client.status(job)
        assert before["status"] in ("PENDING", "PROCESSING")  # the host's "busy" has a pause of 2 s at least
        refused = Run(free_port(), data, tmp_path / "refused")
        assert refused.process.wait() == 1
        assert "Another system uses DATA=" in refused.output
        first.end(signal.SIGKILL)

        second = Run(port, data, tmp_path / "second")
        try:
            assert second.client.status(job)["images"]["done"] >= before["images"]["done"]
            assert second.secret == first.secret
            [*_, after] = second.client.watch(job, seconds=60)
            assert (after["status"], after["images"]["done"]) == ("COMPLETED", IMAGES)
            rows = rows_of(second.client.download(job))
            links = [row["Output Image Urls"] for row in rows]
            assert all(second.client.image(link).content[:2] == b"\xff\xd8" for link in links)
        finally:
            second.end(signal.SIGTERM)
        third = Run(port, data, tmp_path / "third")
        try:
            assert rows_of(third.client.download(job)) == rows
            assert requests.head(links[0], timeout=10, allow_redirects=True).headers["Content-Type"] == "image/jpeg"
        finally:
            third.end(signal.SIGINT)


def test_the_folder_is_for_its_owner_and_one_system(data: Path) -> None:
    folder = DataFolder(data)
    assert data.stat().st_mode & 0o777 == 0o700
    master = folder.master()
    assert (data / "webhook-master").stat().st_mode & 0o777 == 0o600
    with pytest.raises(LocalError, match="Another system uses DATA="):
        DataFolder(data)
    folder.close()
    again = DataFolder(data)
    assert again.master() == master
    again.close()
