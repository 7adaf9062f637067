"""The API as a process of its own, with the template's settings, and the calls that the tests make of it."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2

from catalight.adapters.mongo import Connection, MongoColumnMemory, MongoJobs, MongoKeys, MongoRows
from catalight.domain import api_keys
from catalight.domain.api_keys import ApiKey, Limits
from catalight.domain.catalogue.requested import Remembered, Request
from catalight.domain.job import links
from catalight.domain.job.job import Counts, JobState
from catalight.domain.job.upload import BigUpload, UploadState
from local.runner.template import parameters
from tests.integration.adapters.ports.stores import a_job, a_row
from tests.pipeline import csv_of
from tests.translated import SECRETS, translated

SECONDS = 15  # within which the API answers, whatever stalls
ORIGIN = "https://shop.test"
KEY = "key"
IMAGE = links.link(b"secret", 1, 0, 0, "http://h/a.jpg", "jpg")
TOKEN = api_keys.new_token()
COLUMNS = "ab" * 32


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a route: what it sends, its status if all is well, and the services that it needs."""

    method: str
    path: str
    status: int
    needs: frozenset[str] = frozenset()


DATABASE = frozenset({"Secrets Manager", "MongoDB"})
CALLS = {
    "welcome": Call("GET", "/", 200),
    "docs": Call("GET", "/docs", 200),
    "openapi": Call("GET", "/openapi.json", 200),
    "nothing": Call("GET", "/nothing", 404),
    "preflight": Call("OPTIONS", "/upload", 200),
    "healthz": Call("GET", "/healthz", 200, DATABASE),
    "upload": Call("POST", "/upload", 202, DATABASE),
    "begin_upload": Call("POST", "/uploads", 201, DATABASE),
    "upload_status": Call("GET", "/uploads/upload", 200, DATABASE),
    "confirm_upload": Call("POST", "/uploads/confirm/confirm", 202, DATABASE),
    "begin_preview": Call("POST", "/preview", 202, DATABASE),
    "preview": Call("GET", "/preview/preview", 200, DATABASE),
    "list_columns": Call("GET", "/columns", 200, DATABASE),
    "forget_columns": Call("DELETE", f"/columns/{COLUMNS}", 204, DATABASE),
    "list_jobs": Call("GET", "/jobs", 200, DATABASE),
    "job": Call("GET", "/jobs/read", 200, DATABASE),
    "status": Call("GET", "/status/read", 200, DATABASE),
    "list_rows": Call("GET", "/jobs/read/rows", 200, DATABASE),
    "cancel": Call("POST", "/jobs/cancel/cancel", 202, DATABASE),
    "retry": Call("POST", "/jobs/retry/retry", 202, DATABASE),
    "delete": Call("DELETE", "/jobs/delete", 204, DATABASE),
    "extend": Call("POST", "/jobs/extend/extend?days=9", 200, DATABASE),
    "redeliver": Call("POST", "/jobs/redeliver/webhook/redeliver", 202, DATABASE),
    "download": Call("GET", "/download/read", 307, DATABASE | {"S3"}),
    "export": Call("GET", "/download/export?format=zip", 202, DATABASE),
    "image": Call("GET", f"/images/{IMAGE}", 307, frozenset({"S3"})),
}
"""By the name of their route, except `export`; every job is one call's, because some calls change it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, and the seconds that it took."""

    response: httpx2.Response
    seconds: float


def settings(resources: Mapping[str, str]) -> dict[str, str]:
    """Return the API's environment variables in the template; `resources` has the values of resources."""
    template = translated()
    known = parameters(template, SECRETS) | dict(resources)
    variables = template["Resources"]["ApiFunction"]["Properties"]["Environment"]["Variables"]
    values = {
        name: _resolved(value, known)
        for name, value in variables.items()
        if "Fn::Sub" not in value  # the namespace of the metrics
    }
    return values | {"CORS_ORIGINS": ORIGIN, "WINDOW": "4"}


def _resolved(value: Any, known: Mapping[str, str]) -> str:
    """Return the value of a variable. No condition of the template holds with the defaults."""
    if not isinstance(value, dict):
        return str(value)
    if "Fn::If" in value:
        return _resolved(value["Fn::If"][2], known)
    return known[value["Ref"]]


def fill(connection: Connection, s3: Any, bucket: str) -> None:
    """Store the key, the jobs and the objects of the calls."""
    jobs, rows, now = MongoJobs(connection), MongoRows(connection), datetime.now(UTC)
    MongoKeys(connection).insert(ApiKey(KEY, KEY, api_keys.digest(TOKEN), Limits(), now))
    chosen = Remembered(COLUMNS, Request(("Photo",)), ("SKU", "Photo"), now, now)
    MongoColumnMemory(connection).remember(KEY, chosen)
    counts = Counts(done=1, failed=1)
    later = now + timedelta(days=1)
    new = a_job(owner=KEY, created_at=now, moved_at=now, sweep_at=later, deadline_at=later, expires_at=later)
    ended = replace(new, state=JobState.COMPLETED, sealed=True, counts=counts, finished_at=now)
    for job_id in ("read", "export", "retry", "delete", "extend", "redeliver"):
        jobs.insert(replace(ended, id=job_id))
    jobs.insert(replace(new, id="preview", preview=True))
    jobs.insert(replace(new, id="cancel", sealed=True))
    big = BigUpload(9, "text/csv")
    jobs.insert(replace(new, id="upload", upload=big))
    jobs.insert(replace(new, id="confirm", upload=replace(big, state=UploadState.UNDERSTOOD)))
    rows.insert([a_row(0, "read"), a_row(1, "read")])
    for key in (links.result_key("read", 1), links.image_key(IMAGE)):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")


def made(client: httpx2.Client, call: Call, data: bytes = b"", key: str = "") -> Answer:
    """Make a call; `data` and `key` are an upload's catalogue and Idempotency-Key."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    if call.method == "OPTIONS":
        headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    sent: dict[str, Any] = {}
    if call.method == "POST" and call.path == "/upload":
        headers["Idempotency-Key"] = key or uuid4().hex
        sent["files"] = {"file": ("a.csv", data or csv_of("http://h.test/a.jpg"))}
    if call.path == "/preview":
        sent["data"] = {"url": "http://h.test/a.jpg"}
    if call.method == "POST" and call.path == "/uploads":
        sent["data"] = {"size": "9"}
    began = time.monotonic()
    response = client.request(call.method, call.path, headers=headers, **sent)
    return Answer(response, time.monotonic() - began)


def make_all(client: httpx2.Client) -> dict[str, Answer]:
    """Make all calls at the same time, and return the answers by the names of the calls."""
    with ThreadPoolExecutor(len(CALLS)) as pool:
        answers = {name: pool.submit(made, client, call) for name, call in CALLS.items()}
        return {name: answer.result() for name, answer in answers.items()}


def check(answer: Answer, *, status: int) -> None:
    """Check the time and the status of an answer, and that a 503 is a problem that says when to try again."""
    assert answer.response.status_code == status, answer.response.text
    assert answer.seconds < SECONDS
    if status == 503:
        assert answer.response.headers["content-type"] == "application/problem+json"
        assert answer.response.json()["type"] == "urn:catalight:problem:unavailable"
        assert int(answer.response.headers["Retry-After"]) > 0
