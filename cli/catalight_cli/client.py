"""The Python client: from a file to its result in a few lines.

from catalight_cli import Client

with Client("http://127.0.0.1:8000") as client:
    job = client.upload("products.csv", quality=60)
    status = client.wait(job["request_id"])
    client.download(job["request_id"], "result.csv")
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Self, cast
from uuid import uuid4

from catalight_cli import errors, files, sending
from catalight_cli.answers import ENDED, Accepted, DryRun, Row, Status
from catalight_cli.big import SMALL_ENOUGH, BigUpload, Confirm, OnProgress, always
from catalight_cli.errors import CatalightError, GoneError, NotFoundError
from catalight_cli.sending import File, Sendable, is_feed
from catalight_cli.transport import WATCH_PATIENCE, Pause, Transport, no_notice

POLL_SECONDS = 2.0  # if the service does not say when to ask again
PAGE = 200
NONE: Mapping[str, str] = {}

type Target = str | os.PathLike[str] | BinaryIO | None
"""Where a download goes: a file, a folder, a file opened in binary mode; None: the current folder."""


class Client:
    """Calls the API of one service with one API key. All methods raise CatalightError.

    What fails for a moment is repeated, for at most `patience` seconds in each call (`wait` and `watch`: 15
    minutes): answers 429, 502, 503 and 504, and lost connections. The pauses are those that the service asks
    for, or up to 1, 2, 4 … 30 s; `on_pause` is told of each. A service that has never answered gets three
    attempts. A POST is repeated only if it was certainly not carried out; `upload` and `dry_run` always are,
    because a repetition does nothing: `upload` sends an Idempotency-Key.

    Not to be used by several threads at once.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8000",
        api_key: str | None = None,
        *,
        patience: float = 60.0,
        on_pause: Callable[[Pause], None] = no_notice,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare a client; nothing is sent yet. `sleep` and `clock` are for tests."""
        self._transport = Transport(url, api_key, patience, on_pause, sleep, clock)
        self.url = self._transport.url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def upload(
        self,
        file: File,
        *,
        name: str | None = None,
        idempotency_key: str | None = None,
        confirm: Confirm = always,
        on_progress: OnProgress = files.no_notice,
        **fields: Any,
    ) -> Accepted:
        """Submit a file; return what was accepted.

        `fields` are those of /upload (`quality`, `columns`, `renditions` …); lists and dictionaries are sent
        as JSON. `name` is the file's name, if it has none. Raise CatalogueError if the file cannot be used.

        A file above 4.4 MB goes to the service's storage and is read there; the call returns once its job has
        all rows. Before, `confirm` gets what the first rows were understood as: if it returns False, the file
        is removed, and NotConfirmedError is raised. `on_progress` is told of the stages "sending" and
        "reading". The same `idempotency_key` goes on with an upload that was interrupted.
        """
        key, form = idempotency_key or str(uuid4()), sending.form_of(fields)
        headers = {"Idempotency-Key": key}
        if is_feed(file):
            return cast("Accepted", self._sent(str(file), form, headers=headers))
        with sending.opened(file, name) as opened:
            if opened.size > SMALL_ENOUGH:
                return BigUpload(self._transport, opened, form, key, on_progress).submit(confirm)
            return cast("Accepted", self._sent(opened, form, headers=headers))

    def dry_run(
        self, file: File, *, name: str | None = None, on_progress: OnProgress = files.no_notice, **fields: Any
    ) -> DryRun:
        """Return what would become of a file; nothing is kept.

        A file above 4.4 MB is stored until it is understood, and its counts are of its first rows. The file
        counts against the key's limits of a day.
        """
        form, params = sending.form_of(fields), {"dry_run": "true"}
        if is_feed(file):
            return cast("DryRun", self._sent(str(file), form, params=params))
        with sending.opened(file, name) as opened:
            if opened.size > SMALL_ENOUGH:
                form.pop("webhook_url", None)  # nobody is told of a check
                return BigUpload(self._transport, opened, form, str(uuid4()), on_progress).check()
            return cast("DryRun", self._sent(opened, form, params=params))

    def status(self, request_id: str) -> Status:
        """Return the state and progress of a job."""
        return self._status("GET", f"/status/{_segment(request_id)}")

    def watch(self, request_id: str, timeout: float | None = None) -> Iterator[Status]:
        """Yield the status of a job until it has ended, as often as the service allows.

        Raise TimeoutError after `timeout` seconds; the job goes on.
        """
        transport = self._transport
        deadline = None if timeout is None else transport.clock() + timeout
        while True:
            answer = transport.call("GET", f"/status/{_segment(request_id)}", patience=WATCH_PATIENCE)
            status = cast("Status", self._transport.document(answer))
            yield status
            if status["status"] in ENDED:
                return
            pause = errors.retry_after(answer) or POLL_SECONDS
            if deadline is not None and transport.clock() + pause > deadline:
                raise TimeoutError(f"Job {request_id} is still {status['status']} after {timeout} s.")
            transport.sleep(pause)

    def wait(self, request_id: str, timeout: float | None = None) -> Status:
        """Wait until a job has ended; return its status. Raise TimeoutError after `timeout` seconds."""
        for status in self.watch(request_id, timeout):
            last = status
        return last

    def rows(self, request_id: str, *states: str) -> Iterator[Row]:
        """Yield the rows of a job in these states (all), in the order of its file."""
        path = f"/jobs/{_segment(request_id)}/rows"
        return cast("Iterator[Row]", self._pages(path, "rows", states, None))

    def jobs(self, *states: str, limit: int | None = None) -> Iterator[Status]:
        """Yield the jobs in these states (all), the newest first, at most `limit`."""
        return cast("Iterator[Status]", self._pages("/jobs", "jobs", states, limit))

    def download(
        self,
        request_id: str,
        to: Target = None,
        *,
        on_progress: Callable[[int, int], None] = files.no_notice,
        **form: str,
    ) -> Path | None:
        """Download the result; return the path of the file, which appears only once it is whole.

        `form` may have `format` (`csv`, `xlsx`, `jsonl`, `zip`), `result`, `failed`, `result_encoding` and
        `rows`, as in /download. A form in which the result was not written is made first: `on_progress` is
        told how far that is. An interrupted download goes on where it ended. Raise ConflictError if the job
        still runs.
        """
        path = f"/download/{_segment(request_id)}"
        link = self._link(path, form, on_progress)
        links = iter([link])

        def fresh() -> str:
            return next(links, None) or self._link(path, form, on_progress)

        if to is not None and not isinstance(to, str | os.PathLike):
            files.fetch(self._transport, fresh, to)
            return None
        return files.fetch_to(self._transport, fresh, Path(to or "."))

    def zip(
        self,
        request_id: str,
        to: Target = None,
        *,
        on_progress: Callable[[int, int], None] = files.no_notice,
    ) -> Path | None:
        """Download a ZIP of all images under their names, and the result."""
        return self.download(request_id, to, on_progress=on_progress, format="zip")

    def failed_rows(self, request_id: str, to: Target = None) -> Path | None:
        """Download the rows in which an image failed, to be corrected and sent again."""
        return self.download(request_id, to, rows="failed")

    def cancel(self, request_id: str) -> Status:
        """Cancel a job; images in progress finish. Raise ConflictError if it has ended."""
        return self._status("POST", f"/jobs/{_segment(request_id)}/cancel")

    def retry(self, request_id: str) -> Status:
        """Process the failed images of a job that has ended again. Raise ConflictError while it runs."""
        return self._status("POST", f"/jobs/{_segment(request_id)}/retry")

    def extend(self, request_id: str, days: int, *, shorten: bool = False) -> Status:
        """Keep a job, its images and its result for so many days from now."""
        params = {"days": str(days)} | ({"shorten": "true"} if shorten else {})
        return self._status("POST", f"/jobs/{_segment(request_id)}/extend", params)

    def redeliver(self, request_id: str) -> Status:
        """Deliver the webhook of a job that has ended again."""
        return self._status("POST", f"/jobs/{_segment(request_id)}/webhook/redeliver")

    def delete(self, request_id: str) -> None:
        """Delete a job, its images and its result."""
        try:
            self._transport.call("DELETE", f"/jobs/{_segment(request_id)}")
        except (GoneError, NotFoundError) as error:
            if error.attempts == 1:  # else an attempt whose answer was lost has deleted it
                raise

    def _sent(
        self,
        file: Sendable | str,
        form: Mapping[str, str],
        *,
        params: Mapping[str, str] = NONE,
        headers: Mapping[str, str] = NONE,
    ) -> dict[str, Any]:
        answer = sending.send(self._transport, file, form, params=params, headers=headers)
        return self._transport.document(answer)

    def _status(self, method: str, path: str, params: Mapping[str, str] | None = None) -> Status:
        answer = self._transport.call(method, path, repeatable=method == "GET", params=params)
        return cast("Status", self._transport.document(answer))

    def _pages(
        self, path: str, name: str, states: tuple[str, ...], limit: int | None
    ) -> Iterator[dict[str, Any]]:
        return islice(self._all_pages(path, name, states, min(limit or PAGE, PAGE)), limit)

    def _all_pages(
        self, path: str, name: str, states: tuple[str, ...], page: int
    ) -> Iterator[dict[str, Any]]:
        cursor: str | None = ""
        while cursor is not None:
            params = {"state": list(states), "limit": page, "cursor": cursor}
            body = self._transport.document(self._transport.call("GET", path, params=params))
            yield from body[name]
            cursor = body["next"]

    def _link(self, path: str, form: Mapping[str, str], on_progress: Callable[[int, int], None]) -> str:
        """Return a presigned link, once the result is written in this form."""
        while True:
            answer = self._transport.call("GET", path, params={**form, "redirect": "false"})
            body = self._transport.document(answer)
            if answer.status_code != 202:
                return str(body["url"])
            on_progress(body["done"], body["total"])
            self._transport.sleep(errors.retry_after(answer) or POLL_SECONDS)


def _segment(request_id: str) -> str:
    """Return a request id that can stand in a path; raise CatalightError if it cannot be one."""
    if not request_id or not all(sign.isascii() and (sign.isalnum() or sign in "-_") for sign in request_id):
        raise CatalightError(f"{request_id!r} is no request id.")
    return request_id
