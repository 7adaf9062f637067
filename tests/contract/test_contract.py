"""Every response of the whole system matches its OpenAPI document."""

import sys
from pathlib import Path

from local.runner.system import System
from tests.contract.fuzz import fuzz
from tests.contract.resources import Resources

REACHED = {
    "POST /upload": "202",
    "GET /status/{request_id}": "200",
    "HEAD /status/{request_id}": "200",
    "GET /download/{request_id}": "307",
    "HEAD /download/{request_id}": "307",
    "GET /images/{token}/{name}": "307",
    "HEAD /images/{token}/{name}": "307",
    "GET /columns": "200",
    "GET /jobs": "200",
    "GET /jobs/{request_id}/rows": "200",
    "POST /jobs/{request_id}/retry": "202",
    "POST /jobs/{request_id}/extend": "200",
    "POST /jobs/{request_id}/webhook/redeliver": "202",
    "DELETE /jobs/{request_id}": "204",
}
"""Operations that must succeed at least once; otherwise the test would prove little.

Cancel is missing, because a small job may end before it.
"""


def test_every_response_is_as_documented(
    system: System, resources: Resources, tmp_path: Path, options: list[str]
) -> None:
    log = tmp_path / "answers"
    ran = fuzz(system.url, resources, tmp_path, log, *options)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    sys.stdout.write(ran.stdout)  # shown by `pytest -s`
    answers = {tuple(line.rsplit(" ", 1)) for line in log.read_text().splitlines()}
    assert REACHED.items() <= answers
    assert not [answer for answer in answers if answer[1] >= "500"]
