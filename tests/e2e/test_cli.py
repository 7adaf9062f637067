"""The installed command against the whole local system, piped and on a terminal; the examples of the docs."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from uuid import uuid4

import pytest

from catalight_cli.big import SMALL_ENOUGH
from local.hosts.image_server import ImageServer
from local.runner.children import PROJECT
from local.runner.system import System
from tests.integration.cli.terminal import on_terminal

COMMAND = Path(sys.executable).with_name("catalight")
NAME = "Schöne Schuhe 1.csv"
BLOCKS = re.findall(
    r"^```(\w+)\n(.*?)^```$", (PROJECT / "docs/clients.md").read_text(), re.DOTALL | re.MULTILINE
)
FIRST_IMAGE = 3000  # no other test asks for these


@pytest.fixture
def folder(images: ImageServer, tmp_path: Path) -> Path:
    """A folder with a catalogue: 20 images, one of them missing."""
    urls = [f"{images.url}/{FIRST_IMAGE + n}.jpg" for n in range(19)] + [f"{images.url}/missing/3019.jpg"]
    lines = [f"{n},Schuh {n},{url}" for n, url in enumerate(urls, 1)]
    for name in (NAME, "products.csv"):
        (tmp_path / name).write_text("\n".join(["SKU,Name,Image", *lines, ""]))
    return tmp_path


@pytest.fixture
def environment(system: System, tmp_path: Path) -> dict[str, str]:
    home = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "TERM": "xterm-256color"}
    return os.environ | home | {"CATALIGHT_URL": system.url}


def run(environment: dict[str, str], folder: Path, *command: object) -> subprocess.CompletedProcess[str]:
    """Run a program, piped."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=environment,
        timeout=120,
        check=False,
        capture_output=True,
        text=True,
    )


def test_from_check_to_delete_with_pipes(environment: dict[str, str], folder: Path) -> None:
    def catalight(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run(environment, folder, COMMAND, *arguments)

    checked = catalight("check", NAME)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "Contents  20 rows, 20 images, 20 different URLs at 1 host" in checked.stdout
    done = catalight("submit", NAME, "-o", "Ergebnis 1.csv", "--zip", "Bilder.zip", "--json")
    assert done.returncode == 1, done.stderr
    answer = json.loads(done.stdout)
    assert answer["status"]["errors"] == {"not_found": 1}
    assert answer["files"] == {"result": "Ergebnis 1.csv", "zip": "Bilder.zip"}
    with (folder / "Ergebnis 1.csv").open(newline="") as opened:
        assert [row["Status"] for row in csv.DictReader(opened)] == ["DONE"] * 19 + ["FAILED"]
    with zipfile.ZipFile(folder / "Bilder.zip") as packed:
        assert packed.testzip() is None
        assert len(packed.namelist()) == 20
    request_id = answer["accepted"]["request_id"]
    failures = catalight("failed", request_id, "-o", "correct me.csv")
    assert failures.stdout.startswith("not_found: 1 image, row 20\n")
    assert len((folder / "correct me.csv").read_text().splitlines()) == 2
    assert json.loads(catalight("list", "--json").stdout)[0]["file_name"] == NAME
    assert catalight("extend", request_id, "--days", "60").returncode == 0
    assert catalight("retry", request_id).returncode == 0
    assert json.loads(catalight("watch", request_id, "--json").stdout)["run"] == 2
    assert catalight("delete", request_id, "--yes").returncode == 0
    assert catalight("status", request_id).returncode == 2
    assert catalight("submit", "Bilder.zip").returncode == 2  # refused, with the service's words


def test_on_a_terminal_the_progress_is_shown_and_a_table_at_the_end(
    environment: dict[str, str], folder: Path
) -> None:
    code, got = on_terminal(environment, folder, COMMAND, "submit", NAME, "--wait")
    assert code == 1
    assert "━" in got
    assert re.search(r"of 20 images", got)
    assert "\x1b[?25l" in got
    assert got.rindex("\x1b[?25h") > got.rindex("\x1b[?25l"), "the cursor is shown again"
    assert re.search(r"State +COMPLETED\r\n", got)
    assert re.search(r"Failed +1\r\n", got)


@pytest.fixture
def large(images: ImageServer, folder: Path) -> Path:
    """A file that is too large for one request, with few images."""
    urls = [f"{images.url}/{FIRST_IMAGE + 20 + n}.jpg" for n in range(3)] + [""] * 197
    lines = [f"{n},{'Schuh ' * 4000},{url}" for n, url in enumerate(urls, 1)]
    path = folder / "groß.csv"
    path.write_text("\n".join(["SKU,Description,Image", *lines, ""]))
    assert path.stat().st_size > SMALL_ENOUGH
    return path


def test_a_large_file_is_checked_and_submitted_once(
    environment: dict[str, str], folder: Path, large: Path
) -> None:
    def catalight(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run(environment, folder, COMMAND, *arguments)

    checked = catalight("check", large.name, "--json")
    assert (checked.returncode, json.loads(checked.stdout)["images"]) == (0, 3), checked.stderr
    assert large.name not in catalight("list").stdout, "a check leaves no job"
    key = ("--idempotency-key", uuid4().hex, "--max-width", "100")
    done = catalight("submit", large.name, "-o", "r.csv", "--json", *key)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert {name: answer["accepted"][name] for name in ("rows", "images")} == {"rows": 200, "images": 3}
    assert answer["status"]["images"] == {"total": 3, "done": 3, "failed": 0}
    with (folder / "r.csv").open(newline="") as opened:
        assert [row["Status"] for row in csv.DictReader(opened)] == ["DONE"] * 3 + ["EMPTY"] * 197
    again = json.loads(catalight("submit", large.name, "--json", *key).stdout)
    assert again["request_id"] == answer["accepted"]["request_id"]


def test_on_a_terminal_a_large_file_is_submitted_once_it_is_confirmed(
    environment: dict[str, str], folder: Path, large: Path
) -> None:
    submit = (environment, folder, COMMAND, "submit", large.name)
    before = run(environment, folder, COMMAND, "list").stdout
    code, got = on_terminal(*submit, typed={"[Y/n]": "n\r"})
    assert code == 2
    assert "nothing was submitted" in got
    assert run(environment, folder, COMMAND, "list").stdout == before, "no job is left"
    code, got = on_terminal(*submit, "--wait", typed={"[Y/n]": "y\r"})
    assert code == 0
    understood, _, after = got.partition("Submit it?")
    assert "sending" in understood
    assert re.search(r"Images +Image \(found by their names\)\r\n", understood)
    assert re.search(r"State +COMPLETED\r\n", after)
    assert got.rindex("\x1b[?25h") > got.rindex("\x1b[?25l"), "the cursor is shown again"


@pytest.mark.parametrize(
    ("language", "block", "tool"),
    [
        ("python", 0, sys.executable),
        ("js", 0, "node"),
        ("bash", 0, "bash"),
    ],
)
def test_the_examples_of_the_docs_fetch_the_result(
    environment: dict[str, str], folder: Path, language: str, block: int, tool: str
) -> None:
    done = example(environment, folder, language, block, tool)
    assert done.returncode == 0, done.stderr
    with (folder / "result.csv").open(newline="") as opened:
        assert [row["Status"] for row in csv.DictReader(opened)] == ["DONE"] * 19 + ["FAILED"]
    if language == "python":
        assert done.stdout == "{'total': 20, 'done': 19, 'failed': 1}\n"


def test_the_example_of_errors_names_what_is_wrong(environment: dict[str, str], folder: Path) -> None:
    done = example(environment, folder, "python", 1, sys.executable)
    assert done.returncode == 0, done.stderr
    assert "no_header" in done.stdout


def example(
    environment: dict[str, str], folder: Path, language: str, block: int, tool: str
) -> subprocess.CompletedProcess[str]:
    if shutil.which(tool) is None:
        pytest.skip(f"NOT TESTED: docs/clients.md in {language}, because there is no {tool} here")
    text = [code for name, code in BLOCKS if name == language][block]
    script = folder / {"python": "example.py", "js": "example.mjs", "bash": "example.sh"}[language]
    script.write_text(text)
    return run(environment, folder, tool, script)
