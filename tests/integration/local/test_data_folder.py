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
from pymongo import MongoClient

from local.client import Client, rows_of
from local.hosts.image_server import image_server
from local.runner import aws
from local.runner.children import free_port
from local.runner.data_folder import DataFolder
from local.runner.errors import LocalError
from local.runner.mongod import DATABASE, Mongod, find
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


def catalogue(*urls: str) -> bytes:
    lines = [f"{number},Product,{url}" for number, url in enumerate(urls, 1)]
    return "\n".join(["Serial Number,Product Name,Input Image Urls", *lines]).encode()


def stored(client: Client, job: str) -> list[tuple[str, bytes]]:
    """Return the media type and the contents of each image of a job."""
    answers = [client.image(row["Output Image Urls"]) for row in rows_of(client.download(job))]
    return [(answer.headers["Content-Type"], answer.content) for answer in answers]


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_jobs_survive_a_kill_in_the_midst_of_one(data: Path, tmp_path: Path) -> None:
    port = free_port()
    with image_server(60, 45) as images:
        urls = [f"{images.url}/{number}.jpg" for number in range(3101, 3101 + IMAGES - 1)]
        with runner(port, data, tmp_path / "first", signal.SIGKILL) as client:
            secret = (tmp_path / "first" / "webhook-secret").read_text()
            done = client.upload(catalogue(*urls[:2]))["request_id"]
            assert [*client.watch(done, seconds=60)][-1]["status"] == "COMPLETED"
            rows, contents = rows_of(client.download(done)), stored(client, done)
            job = client.upload(catalogue(*urls, f"{images.url}/busy/3100.jpg"))["request_id"]
            eventually(lambda: client.status(job)["images"]["done"])
            before = client.status(job)
        assert before["status"] in ("PENDING", "PROCESSING")

        # What the first system stored is served by the second one, which goes on where the first was killed.
        with runner(port, data, tmp_path / "second", signal.SIGTERM) as client:
            with another(data, tmp_path / "refused") as refused:
                assert client.status(job)["images"]["done"] >= before["images"]["done"]
                assert (tmp_path / "second" / "webhook-secret").read_text() == secret
                assert rows_of(client.download(done)) == rows
                assert stored(client, done) == contents
                [*_, after] = client.watch(job, seconds=60)
                assert (after["status"], after["images"]["done"]) == ("COMPLETED", IMAGES)
                assert {media_type for media_type, _ in stored(client, job)} == {"image/jpeg"}
                assert all(content.startswith(b"\xff\xd8") for _, content in stored(client, job))
                _, error = refused.communicate(timeout=60)
                said = "Another system uses DATA=" + str(data)[:8]
                assert (refused.returncode, error[:33]) == (1, said)
            kept = objects(data)
            assert len(kept) >= IMAGES + 2
    # A system that is ended removes nothing, and its database can be opened.
    assert objects(data) == kept
    assert states(data, tmp_path / "log") == {done: "COMPLETED", job: "COMPLETED"}


@contextmanager
def another(data: Path, logs: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a second system on a folder that is in use."""
    environment = settings(free_port(), data, logs)
    with subprocess.Popen(
        RUN, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def objects(data: Path) -> dict[Path, bytes]:
    """Return the files that the objects of the bucket are in."""
    return {path: path.read_bytes() for path in (data / "objects").rglob("*") if path.is_file()}


def states(data: Path, log: Path) -> dict[str, str]:
    """Return the states of the jobs that are in a folder's database."""
    mongod = Mongod(find(), data / "mongod", log, aws.environment(""))
    try:
        mongod.wait_until_primary()
        with MongoClient[dict[str, str]](mongod.uri) as client:
            return {found["_id"]: found["state"] for found in client[DATABASE]["jobs"].find()}
    finally:
        mongod.child.stop()


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
