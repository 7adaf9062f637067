"""Every answer of the whole system is as its OpenAPI document says."""

import sys
from pathlib import Path

from local.runner.system import System
from tests.contract.fuzz import fuzz
from tests.contract.known import Known

REACHED = {
    "POST /upload": "202",
    "GET /status/{request_id}": "200",
    "HEAD /status/{request_id}": "200",
    "GET /download/{request_id}": "307",
    "HEAD /download/{request_id}": "307",
    "GET /images/{token}/{name}": "307",
    "HEAD /images/{token}/{name}": "307",
    "GET /jobs": "200",
    "GET /jobs/{request_id}/rows": "200",
    "POST /jobs/{request_id}/retry": "202",
    "POST /jobs/{request_id}/webhook/redeliver": "202",
    "DELETE /jobs/{request_id}": "204",
}
"""What must have succeeded at least once; else what was found is worth little.

A cancel is not among it: it comes too late where a small job is quicker.
"""


def test_every_answer_is_as_documented(
    system: System, there: Known, tmp_path: Path, options: list[str]
) -> None:
    noted = tmp_path / "answers"
    ran = fuzz(system.url, there, tmp_path, noted, *options)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    sys.stdout.write(ran.stdout)  # for `pytest -s`
    answers = {tuple(line.rsplit(" ", 1)) for line in noted.read_text().splitlines()}
    assert REACHED.items() <= answers
    assert not [answer for answer in answers if answer[1] >= "500"]
