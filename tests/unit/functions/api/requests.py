"""Requests of the API's tests, and the check that every problem must pass."""

from fastapi.testclient import TestClient
from httpx2 import Response

from tests.pipeline import csv_of

ONE = csv_of("http://h/a.png")


def upload(
    client: TestClient, data: bytes = ONE, headers: dict[str, str] | None = None, /, **fields: str
) -> Response:
    return client.post(
        "/upload", files={"file": ("products.csv", data, "text/csv")}, data=fields, headers=headers
    )


def check_problem(answer: Response, status: int, code: str) -> dict[str, object]:
    """Check that the answer is a problem with this status and code; return its body."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, object] = answer.json()
    assert body["type"] == f"urn:catalight:problem:{code}"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    return body
