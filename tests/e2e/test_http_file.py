"""Each request of docs/catalight.http, sent to the local system in their order."""

import csv
import shutil
from pathlib import Path
from typing import Any

from local.hosts.image_server import ImageServer
from local.runner.children import PROJECT
from local.runner.system import System
from tests.e2e.http_file import HttpFile, Request
from tests.integration.local.waiting import eventually

FILE = PROJECT / "docs/catalight.http"
EXAMPLE = "functions/api/page/example.csv"
EXPECTED = {"preview": (202,), "upload": (202,), "retry": (202,), "cancel": (202, 409), "delete": (204,)}
EXPECTED |= {"begin": (201,), "send": (204,), "confirm": (202,)}  # all others: 200
REPEATED = {
    "previewed": ("state", "DONE"),
    "status": ("status", "COMPLETED"),
    "understood": ("upload.state", "UNDERSTOOD"),
    "big_status": ("status", "COMPLETED"),
}
"""What is to be sent again until a part of its answer has a value."""


def part(answer: Any, path: str) -> Any:
    for name in path.split("."):
        answer = answer[name]
    return answer


def send(file: HttpFile, request: Request) -> bytes:
    """Send a request, as often as the file says; return the body of the last answer."""

    def sent() -> list[bytes]:
        answer = file.send(request)
        assert answer.status_code in EXPECTED.get(request.name, (200,)), (request.name, answer.text)
        path, value = REPEATED.get(request.name, ("", None))
        return [answer.content] if not path or part(answer.json(), path) == value else []

    return eventually(sent, 60)[0]


def test_the_requests_of_the_file_lead_from_an_upload_to_its_end(
    system: System, images: ImageServer, tmp_path: Path
) -> None:
    (tmp_path / "docs").mkdir()
    copy = Path(shutil.copy(FILE, tmp_path / "docs"))
    example = tmp_path / EXAMPLE
    example.parent.mkdir(parents=True)
    example.write_text(f"SKU,Image\r\n1,{images.url}/3205.jpg\r\n2,{images.url}/missing/3206.jpg\r\n")
    assert (PROJECT / EXAMPLE).exists()

    file = HttpFile(copy, {"host": system.url, "image": f"{images.url}/3207.jpg"})
    bodies = {request.name: send(file, request) for request in file.parsed()}
    answers = file.answers
    assert {*EXPECTED, *REPEATED} <= bodies.keys()
    assert answers["dry_run"]["accepted"] is True
    assert answers["previewed"]["image"]["type"] == "image/webp"
    assert answers["status"]["reference"] == "order 4711"
    assert [row["row"] for row in answers["rows"]["rows"]] == [2]
    rows = list(csv.DictReader(bodies["result"].decode("utf-8-sig").splitlines()))
    assert [row["Status"] for row in rows] == ["DONE", "FAILED"]
    assert answers["jobs"]["jobs"][0]["request_id"] == answers["upload"]["request_id"]
    assert answers["understood"]["understood"]["rows"] == 2
    assert answers["big_status"]["images"] == {"total": 2, "done": 1, "failed": 1}
