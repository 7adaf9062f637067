"""The installed command, as a process in a folder and with a home of its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.cli.service import Service, a_service

COMMAND = Path(sys.executable).with_name("catalight")

type Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def service() -> Iterator[Service]:
    with a_service() as server:
        yield server


@pytest.fixture
def environment(service: Service, tmp_path: Path) -> dict[str, str]:
    """The environment of a command: the scripted service, and a home folder of its own."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("CATALIGHT_")}
    home = {"HOME": str(tmp_path / "home"), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    return mine | home | {"CATALIGHT_URL": service.url, "COLUMNS": "80", "TERM": "xterm-256color"}


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Run:
    """Run the installed command, piped, in a folder of its own."""
    folder = tmp_path / "work"
    folder.mkdir()

    def command(*arguments: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [COMMAND, *arguments],
            cwd=folder,
            env=environment | settings,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return command
