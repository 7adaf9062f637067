"""Big uploads: a file that is too large for one request goes to the service's storage, and is read there."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal, cast

import httpx

from catalight_cli import errors
from catalight_cli.answers import ENDED, Accepted, DryRun, Note, UploadStatus
from catalight_cli.errors import (
    CatalogueError,
    GoneError,
    NotConfirmedError,
    NotFoundError,
    StorageError,
)
from catalight_cli.sending import Sendable
from catalight_cli.transport import FIRST_PAUSE, LONGEST_PAUSE, WATCH_PATIENCE, Pause, Transport, reason

SMALL_ENOUGH = 4_400_000  # bytes: /upload takes 4.5 MB with all fields
MAX_SENDINGS = 6  # of one file; a presigned form cannot go on in the middle
POLL_SECONDS = 1.0  # if the service does not say when to ask again
SENDING: Literal["sending"] = "sending"
READING: Literal["reading"] = "reading"

type Stage = Literal["sending", "reading"]
type OnProgress = Callable[[Stage, int, int], None]
"""Is told of a stage how many bytes of all are done."""
type Confirm = Callable[[DryRun], bool]
"""Gets what the file was understood as; returns whether to go on."""


def always(_: DryRun) -> bool:
    """Confirm whatever was understood."""
    return True


@dataclass(frozen=True)
class BigUpload:
    """One big upload; the same `key` goes on with it, whatever was lost."""

    transport: Transport
    file: Sendable
    fields: Mapping[str, str]
    key: str
    on_progress: OnProgress

    def submit(self, confirm: Confirm) -> Accepted:
        """Send the file, have it confirmed, and wait until its job has all rows.

        Raise CatalogueError if the file cannot be used, and NotConfirmedError if `confirm` returns False: the
        upload is removed then.
        """
        request_id = self._stored()
        found = self._read(request_id)
        if found["upload"]["state"] == "UNDERSTOOD" and (understood := found["understood"]):
            if not confirm(understood):
                self._remove(request_id)
                raise NotConfirmedError("Not confirmed, so nothing was submitted.")
            self.transport.call("POST", f"/uploads/{request_id}/confirm")
            found = self._read(request_id, until="SUBMITTED")
        if found["upload"]["state"] == "FAILED":
            raise _refusal(found)
        return self._accepted(found)

    def check(self) -> DryRun:
        """Send the file, return what it was understood as, and remove it."""
        request_id = self._stored()
        try:
            found = self._read(request_id)
        finally:
            self._remove(request_id)
        problems = found["upload"]["problems"], found["upload"]["problems_total"]
        return found["understood"] or _nothing_understood(*problems)

    def _stored(self) -> str:
        """Store the file; return the request id. What was lost on the way is sent again with a new form."""
        for attempt in range(MAX_SENDINGS):
            begun = self._begun()
            if not begun["upload"]:
                break
            try:
                self._send(begun["upload"])
            except StorageError as error:
                if attempt + 1 == MAX_SENDINGS or not error.passes:
                    raise
                seconds = min(FIRST_PAUSE * 2**attempt, LONGEST_PAUSE)
                self.transport.on_pause(Pause(str(error), seconds))
                self.transport.sleep(seconds)
            else:
                break
        return str(begun["request_id"])

    def _begun(self) -> dict[str, Any]:
        """Announce the file; the form in the answer is None once the file has arrived."""
        form = {**self.fields, "size": str(self.file.size), "upload_name": self.file.name, "confirm": "true"}
        headers = {"Idempotency-Key": self.key}
        return self.transport.document(self.transport.call("POST", "/uploads", data=form, headers=headers))

    def _send(self, form: Mapping[str, Any]) -> None:
        content = Counted(self.file.content, lambda done: self.on_progress(SENDING, done, self.file.size))
        sent = {"file": (self.file.name, cast("BinaryIO", content), "application/octet-stream")}
        try:
            answer = self.transport.plain.post(form["url"], data=form["fields"], files=sent)
        except httpx.TransportError as error:
            raise StorageError(self.transport.url, f"sending the file failed: {reason(error)}") from error
        if not answer.is_success:
            # 403 is also a form whose hour is over; the next one is new.
            passes = answer.status_code == 403 or answer.status_code >= 500
            said = f"the storage answered {answer.status_code} to the file"
            raise StorageError(self.transport.url, said, passes=passes)

    def _read(self, request_id: str, until: str = "UNDERSTOOD") -> UploadStatus:
        """Wait until the file is understood, or has been read to its end."""
        while True:
            answer = self.transport.call("GET", f"/uploads/{request_id}", patience=WATCH_PATIENCE)
            found = cast("UploadStatus", self.transport.document(answer))
            progress = found["upload"]
            self.on_progress(READING, progress["bytes_read"], progress["bytes"])
            if progress["state"] in (until, "SUBMITTED", "FAILED") or found["status"] in ENDED:
                return found
            self.transport.sleep(errors.retry_after(answer) or POLL_SECONDS)

    def _accepted(self, found: UploadStatus) -> Accepted:
        """Return the answer of /upload: its counts are of the whole file."""
        status = self.transport.document(self.transport.call("GET", f"/status/{found['request_id']}"))
        understood = found["understood"] or _nothing_understood([], 0)
        return {
            "request_id": found["request_id"],
            "status": status["status"],
            "rows": status["rows"],
            "images": found["images"],
            "outputs": status["images"]["total"],
            "duplicates": status["duplicates"],
            "warnings": understood["warnings"],
            "warnings_total": understood["warnings_total"],
            "links": status["links"],
            "understood": understood["understood"],
        }

    def _remove(self, request_id: str) -> None:
        with suppress(GoneError, NotFoundError):  # an attempt whose answer was lost has removed it
            self.transport.call("DELETE", f"/jobs/{request_id}")


class Counted:
    """A file that tells how far it was read."""

    def __init__(self, file: BinaryIO, on_read: Callable[[int], None]) -> None:
        """Read from `file`; `on_read` gets the position after each read."""
        self._file = file
        self._on_read = on_read

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        content = self._file.read(size)
        self._on_read(self._file.tell())
        return content

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a position."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()


def _refusal(found: UploadStatus) -> CatalogueError:
    problem = {
        "type": f"{errors.PROBLEM}catalogue",
        "title": "The catalogue cannot be used",
        "request_id": found["request_id"],
        "problems": found["upload"]["problems"],
        "problems_total": found["upload"]["problems_total"],
    }
    return CatalogueError(422, problem)


def _nothing_understood(problems: list[Note], total: int) -> DryRun:
    """Return the dry run of a file of which nothing is known but its problems."""
    return {
        "accepted": not problems,
        "understood": {
            "format": None,
            "gzipped": False,
            "encoding": None,
            "delimiter": None,
            "sheet": None,
            "sheets": [],
            "header_row": None,
            "columns": None,
        },
        "header": [],
        "first_rows": [],
        "rows": 0,
        "images": 0,
        "outputs": 0,
        "distinct_urls": 0,
        "hosts": [],
        "hosts_total": 0,
        "warnings": [],
        "warnings_total": 0,
        "problems": problems,
        "problems_total": total,
    }
