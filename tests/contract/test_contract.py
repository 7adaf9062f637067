"""Every answer of the whole system is as its OpenAPI document says."""

import re
import sys
from pathlib import Path

from local.runner.system import System
from tests.contract.fuzz import fuzz
from tests.contract.known import Known

REACHED = {
    "POST /upload": "202",
    "GET /status": "200",
    "HEAD /status": "200",
    "GET /download": "307",
    "HEAD /download": "307",
    "GET /images": "307",
    "HEAD /images": "307",
    "GET /jobs": "200",
    "POST /jobs/cancel": "202",
    "POST /jobs/retry": "202",
    "POST /jobs/webhook/redeliver": "202",
    "DELETE /jobs": "204",
}
"""What must have succeeded at least once; else what was found is worth little."""


def test_every_answer_is_as_documented(
    system: System, there: Known, tmp_path: Path, options: list[str]
) -> None:
    ran = fuzz(system.url, there, tmp_path, *options)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    sys.stdout.write(ran.stdout)  # for `pytest -s`
    answers = re.findall(r'"([A-Z]+) (\S+) HTTP/1.1" (\d+)', (system.folder / "api.log").read_text())
    assert REACHED.items() <= {(f"{method} {route(path)}", status) for method, path, status in answers}
    assert not [answer for answer in answers if answer[2] >= "500"]


def route(path: str) -> str:
    """A path without its parameters."""
    first, *rest = path.partition("?")[0].strip("/").split("/")
    return "/".join(["", first, *rest[1:]] if first != "images" else ["", first])
