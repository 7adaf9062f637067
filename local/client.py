"""A client of the HTTP API, as a user would write it."""

import csv
import io
import time
from collections.abc import Iterator
from typing import Any

import requests

from catalight.domain.catalogue import catalogue

TIMEOUT = 60  # seconds


class Client:
    """Calls the API at `url`; raises requests.HTTPError for an error response."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = requests.Session()

    def upload(self, data: bytes, name: str = "products.csv", **fields: str) -> dict[str, Any]:
        """Submit a catalogue; return the body of the response."""
        answer = self.http.post(
            f"{self.url}/upload", files={"file": (name, data, "text/csv")}, data=fields, timeout=TIMEOUT
        )
        return self._json(answer)

    def upload_big(self, data: bytes, name: str = "products.csv", **fields: str) -> dict[str, Any]:
        """Announce a file, and send it to the store; return the body of the first response."""
        begun = self.begin_big(data, name, **fields)
        self.send_file(begun["upload"], data)
        return begun

    def begin_big(self, data: bytes, name: str = "products.csv", **fields: str) -> dict[str, Any]:
        """Announce a file, without sending it."""
        said = {"size": str(len(data)), "upload_name": name, "content_type": "text/csv", **fields}
        return self._json(self.http.post(f"{self.url}/uploads", data=said, timeout=TIMEOUT))

    def send_file(self, form: dict[str, Any], data: bytes) -> None:
        """Send a file with the form of an upload."""
        sent = requests.post(form["url"], data=form["fields"], files={"file": data}, timeout=TIMEOUT)
        sent.raise_for_status()

    def upload_status(self, request_id: str) -> dict[str, Any]:
        """Return what a big upload was understood as, and how far it is read."""
        return self._json(self.http.get(f"{self.url}/uploads/{request_id}", timeout=TIMEOUT))

    def status(self, request_id: str) -> dict[str, Any]:
        """Return the status of the job."""
        return self._json(self.http.get(f"{self.url}/status/{request_id}", timeout=TIMEOUT))

    def watch(self, request_id: str, seconds: float, every: float = 0.25) -> Iterator[dict[str, Any]]:
        """Yield the status until the job has ended; raise TimeoutError after `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            status = self.status(request_id)
            yield status
            if status["status"] not in ("PENDING", "PROCESSING"):
                return
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"job {request_id} is still {status['status']} after {seconds} s: {status}"
                )
            time.sleep(every)

    def download(self, request_id: str) -> bytes:
        """Return the result, downloaded through its presigned URL."""
        answer = self.http.get(f"{self.url}/download/{request_id}", timeout=TIMEOUT)
        answer.raise_for_status()
        return answer.content

    def rows(self, request_id: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of the job, with their images and renditions."""
        cursor: str | None = ""
        while cursor is not None:
            page = self._json(
                self.http.get(
                    f"{self.url}/jobs/{request_id}/rows", params={"cursor": cursor}, timeout=TIMEOUT
                )
            )
            yield from page["rows"]
            cursor = page["next"]

    def image(self, link: str) -> requests.Response:
        """Download an output image by its link in the result."""
        answer = self.http.get(link, timeout=TIMEOUT)
        answer.raise_for_status()
        return answer

    @staticmethod
    def _json(answer: requests.Response) -> dict[str, Any]:
        answer.raise_for_status()
        body: dict[str, Any] = answer.json()
        return body


def rows_of(result: bytes) -> list[dict[str, str]]:
    """Return the rows of a result CSV, each as a dictionary by column."""
    delimiter = catalogue.parse(result).dialect.delimiter
    return list(csv.DictReader(io.StringIO(result.decode("utf-8-sig"), newline=""), delimiter=delimiter))
