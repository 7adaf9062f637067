"""A client of big uploads that does not give up, and the file that it sends."""

import gzip
from concurrent.futures import ThreadPoolExecutor
from csv import reader
from io import BytesIO, StringIO
from typing import Any

import requests
import xlsxwriter

from tests.faults.client import RETRYABLE, SUBMIT_TIMEOUT, PersistentClient

FORMS = ("csv", "csv.gz", "xlsx", "xlsx.gz")


def file_of(data: bytes, form: str, note: str = "") -> bytes:
    """Return a catalogue in another form; a `note` in its products' names gives it other bytes."""
    table = [
        [cell.replace("Product ", f"Product {note}", 1) for cell in line]
        for line in reader(StringIO(data.decode()))
    ]
    kind, _, packing = form.partition(".")
    if kind == "csv":
        file = "".join(",".join(f'"{cell}"' for cell in line) + "\r\n" for line in table).encode()
    else:
        file = _workbook(table)
    return gzip.compress(file, mtime=0) if packing else file


def _workbook(table: list[list[str]]) -> bytes:
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet()
        for line, cells in enumerate(table):
            sheet.write_row(line, 0, cells)
    return file.getvalue()


class Sender(PersistentClient):
    """Announces a file and sends it; then polls. It confirms twice at once if it is asked to confirm."""

    retryable = (*RETRYABLE, 404, 410)  # its job may be deleted

    def __init__(self, url: str, data: bytes, fields: dict[str, str], token: str) -> None:
        super().__init__(url, data, fields, token)
        self.size = len(data)

    def _submit(self) -> None:
        begun = self._call(
            "post",
            "/uploads",
            data={"size": str(2 * self.size), "upload_name": "products", **self._fields},
            headers=self._key,
        )
        if begun and (begun["upload"] is None or self._send(begun["upload"])):
            self.request_id = begun["request_id"]

    def _send(self, form: dict[str, Any]) -> bool:
        try:
            files = {"file": self._data}
            sent = requests.post(form["url"], data=form["fields"], files=files, timeout=SUBMIT_TIMEOUT)
        except requests.RequestException:
            return False
        return sent.ok

    def _poll(self) -> None:
        if self._fields.get("confirm") and self._waits():
            with ThreadPoolExecutor(2) as threads:
                confirm = f"/uploads/{self.request_id}/confirm"
                list(threads.map(lambda path: self.insist("post", path), [confirm, confirm]))
        super()._poll()

    def _waits(self) -> bool:
        answer = self._call("get", f"/uploads/{self.request_id}")
        return answer is not None and answer["upload"]["state"] == "UNDERSTOOD"
