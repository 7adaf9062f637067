"""A system with a data folder goes on where an earlier one was killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from local.client import Client, rows_of
from local.hosts.image_server import image_server
from local.runner.children import free_port
from local.runner.data_folder import DataFolder
from local.runner.errors import LocalError
from tests.integration.local.waiting import children, eventually, running

IMAGES = 24
RUN = [sys.executable, "-m", "local.run"]


def settings(port: int, data: Path, logs: Path) -> dict[str, str]:
    """Return the environment of `make run`."""
    more = {"PORT": str(port), "DATA": str(data), "LOGS": str(logs), "CATALIGHT_ALLOW_PRIVATE_HOSTS": "1"}
    return os.environ | more


@contextmanager
def runner(port: int, data: Path, logs: Path, end: signal.Signals) -> Iterator[Client]:
    """Run `make run` as its own process until the block ends, then end it with a signal."""
    ignoring = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *RUN]  # as a shell does in the background
    with subprocess.Popen(
        ignoring, env=settings(port, data, logs), stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            output: IO[str] = process.stdout or sys.stdin
            assert any("download" in line for line in output)
            processes = children(process.pid)
            yield Client(f"http://127.0.0.1:{port}")
            process.send_signal(end)
            assert process.wait(timeout=10) == (-end if end is signal.SIGKILL else 0)
            eventually(lambda: not running(processes))
        finally:
            process.kill()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_job_survives_a_kill_in_its_midst(data: Path, tmp_path: Path) -> None:
    port = free_port()
    with image_server(60, 45) as images:
        paths = [*(f"/{number}.jpg" for number in range(3101, 3101 + IMAGES - 1)), "/busy/3100.jpg"]
        lines = [f"{number},Product,{images.url}{path}" for number, path in enumerate(paths, 1)]
        sent = "\n".join(["Serial Number,Product Name,Input Image Urls", *lines]).encode()
        with runner(port, data, tmp_path / "first", signal.SIGKILL) as client:
            secret = (tmp_path / "first" / "webhook-secret").read_text()
            job = client.upload(sent)["request_id"]
            eventually(lambda: client.status(job)["images"]["done"])
            before = client.status(job)
        assert before["status"] in ("PENDING", "PROCESSING")

        with runner(port, data, tmp_path / "second", signal.SIGTERM) as client:
            assert client.status(job)["images"]["done"] >= before["images"]["done"]
            assert (tmp_path / "second" / "webhook-secret").read_text() == secret
            [*_, after] = client.watch(job, seconds=60)
            assert (after["status"], after["images"]["done"]) == ("COMPLETED", IMAGES)
            rows = rows_of(client.download(job))
            links = [row["Output Image Urls"] for row in rows]
            stored = [client.image(link).content for link in links]
            assert all(content.startswith(b"\xff\xd8") for content in stored)
    # A third start has what the second one stored, and what the first one did.
    with runner(port, data, tmp_path / "third", signal.SIGINT) as client:
        assert rows_of(client.download(job)) == rows
        answers = [client.image(link) for link in links]
        assert [answer.content for answer in answers] == stored
        assert answers[0].headers["Content-Type"] == "image/jpeg"
        # A second system on the folder is refused.
        other = settings(free_port(), data, tmp_path / "refused")
        refused = subprocess.run(RUN, env=other, capture_output=True, text=True, timeout=20, check=False)
        assert (refused.returncode, refused.stderr[:33]) == (
            1,
            "Another system uses DATA=" + str(data)[:8],
        )


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
