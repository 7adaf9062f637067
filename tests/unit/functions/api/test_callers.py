"""The API with keys: which requests are authorized, and what each caller sees."""

import gzip
from collections.abc import Iterator
from dataclasses import replace
from unittest.mock import Mock

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from catalight.domain.api_keys import Limits
from catalight.domain.catalogue import catalogue
from catalight.domain.catalogue.catalogue import Understanding
from catalight.domain.errors import CatalogueError, Problem
from catalight.usecases.callers.authenticate import Authenticate
from catalight.usecases.callers.manage_keys import ManageKeys
from functions.api import big_uploads, columns, downloads, jobs, keeping, previews, uploads
from functions.api.app import app
from functions.api.callers import caller, own_job
from functions.api.services import services
from tests.pipeline import Pipeline, csv_of
from tests.unit.functions.api.requests import check_problem, upload

ROUTERS = (
    big_uploads.router,
    columns.router,
    downloads.router,
    jobs.router,
    keeping.router,
    previews.router,
    uploads.router,
)
OPEN_TO_ALL = {"/", "/docs", "/healthz", "/images/{token}/{name}"}
WITHOUT_JOB = [
    ("POST", "/upload"),
    ("POST", "/upload?dry_run=true"),
    ("POST", "/uploads"),
    ("POST", "/preview"),
    ("GET", "/jobs"),
    ("GET", "/columns"),
    ("DELETE", "/columns/x"),
]
OF_ONE_JOB = [
    ("GET", "/status/{}"),
    ("GET", "/uploads/{}"),
    ("GET", "/preview/{}"),
    ("POST", "/uploads/{}/confirm"),
    ("GET", "/download/{}"),
    ("GET", "/jobs/{}/rows"),
    ("POST", "/jobs/{}/cancel"),
    ("POST", "/jobs/{}/retry"),
    ("DELETE", "/jobs/{}"),
    ("POST", "/jobs/{}/extend?days=9"),
    ("POST", "/jobs/{}/webhook/redeliver"),
]


@pytest.fixture
def manage(pipeline: Pipeline) -> ManageKeys:
    ids = iter(["acme", "other", "third"])
    return ManageKeys(pipeline.keys, lambda: ["whsec_bQ=="], pipeline.clock, lambda: next(ids))


@pytest.fixture
def locked(client: TestClient, pipeline: Pipeline) -> TestClient:
    built = replace(app.dependency_overrides[services](), authenticate=Authenticate(pipeline.keys))
    app.dependency_overrides[services] = lambda: built
    return client


def calls(dependant: Dependant) -> Iterator[object]:
    for below in dependant.dependencies:
        yield below.call
        yield from calls(below)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_every_route_authenticates_its_caller_except_the_open_ones() -> None:
    routes = [
        route
        for route in (*app.routes, *(route for router in ROUTERS for route in router.routes))
        if isinstance(route, APIRoute)
    ]
    assert {route.path for route in routes} == {*app.openapi()["paths"], "/docs"}
    for route in routes:
        asked = set(calls(route.dependant))
        assert (caller in asked) == (route.path not in OPEN_TO_ALL), route.path
        assert (own_job in asked) == ("{request_id}" in route.path), route.path


@pytest.mark.parametrize(("method", "path"), [*WITHOUT_JOB, *OF_ONE_JOB])
@pytest.mark.parametrize(
    ("headers", "challenge"),
    [
        ({}, "Bearer"),
        ({"Authorization": "Basic YTpi"}, "Bearer"),
        (bearer("catalight_" + "a" * 43), 'Bearer error="invalid_token"'),
        (bearer("x"), 'Bearer error="invalid_token"'),
    ],
)
def test_requests_without_a_valid_key_are_refused(
    locked: TestClient, pipeline: Pipeline, method: str, path: str, headers: dict[str, str], challenge: str
) -> None:
    job = pipeline.jobs.get(pipeline.start("http://h/a.jpg").id)
    answer = locked.request(method, path.format(job.id), headers=headers)
    check_problem(answer, 401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == challenge
    assert pipeline.jobs.jobs == {job.id: job}


def test_a_caller_sees_its_own_jobs(locked: TestClient, manage: ManageKeys, pipeline: Pipeline) -> None:
    _, token = manage.make("Acme", Limits())
    request_id = upload(locked, csv_of("http://h/a.png"), bearer(token)).json()["request_id"]
    assert pipeline.jobs.get(request_id).owner == "acme"
    assert locked.get(f"/status/{request_id}", headers=bearer(token)).status_code == 200
    listed = locked.get("/jobs", headers=bearer(token)).json()["jobs"]
    assert [job["request_id"] for job in listed] == [request_id]


@pytest.mark.parametrize(("method", "path"), OF_ONE_JOB)
def test_a_job_of_another_key_does_not_exist(
    locked: TestClient, manage: ManageKeys, pipeline: Pipeline, method: str, path: str
) -> None:
    _, other = manage.make("Other", Limits())
    job = pipeline.start("http://h/a.jpg", owner="somebody")
    pipeline.run()
    pipeline.jobs.jobs[job.id] = replace(pipeline.jobs.get(job.id), preview=path.startswith("/preview"))
    before = pipeline.jobs.get(job.id)
    unknown = locked.request(method, path.format("nothing"), headers=bearer(other))
    check_problem(unknown, 404, "job-not-found")
    answer = locked.request(method, path.format(job.id), headers=bearer(other))
    assert (answer.status_code, answer.json()) == (404, unknown.json())
    assert pipeline.jobs.get(job.id) == before
    pipeline.jobs.delete(job.id, pipeline.clock())
    answer = locked.request(method, path.format(job.id), headers=bearer(other))
    assert (answer.status_code, answer.json()) == (404, unknown.json())


def test_a_preview_is_for_its_own_key_and_counts_as_one_image(
    locked: TestClient, manage: ManageKeys, pipeline: Pipeline
) -> None:
    _, mine = manage.make("Acme", Limits(images_a_day=2))
    _, other = manage.make("Other", Limits())
    url = {"url": "http://h/a.jpg"}
    begun = [locked.post("/preview", data=url, headers=bearer(mine)) for _ in range(3)]
    assert [answer.status_code for answer in begun] == [202, 202, 429]
    pipeline.run()
    path = begun[0].json()["status_url"]
    assert locked.get(path, headers=bearer(mine)).json()["state"] == "DONE"
    check_problem(locked.get(path, headers=bearer(other)), 404, "job-not-found")
    for token in (mine, other):
        assert locked.get("/jobs", headers=bearer(token)).json()["jobs"] == []


def test_the_jobs_of_others_are_not_listed(
    locked: TestClient, manage: ManageKeys, pipeline: Pipeline
) -> None:
    _, token = manage.make("Acme", Limits())
    for owner in ("", "somebody"):
        pipeline.start("http://h/a.jpg", owner=owner)
    assert locked.get("/jobs", headers=bearer(token)).json() == {"jobs": [], "next": None}


def test_the_remaining_limits_are_reported(locked: TestClient, manage: ManageKeys) -> None:
    _, token = manage.make("Acme", Limits(open_jobs=2, rows_a_day=3, images_a_day=9, file_bytes_a_day=500))
    answer = upload(locked, csv_of("http://h/a.png"), bearer(token))
    policies, states = (answer.headers[name].split(", ") for name in ("RateLimit-Policy", "RateLimit"))
    assert policies[:2] == ['"rows";q=3;w=86400', '"open-jobs";q=2']
    assert states[:2] == ['"rows";r=2;t=86400', '"open-jobs";r=1']
    assert policies[2:] == [
        '"images";q=9;w=86400',
        '"file-bytes";q=500;w=86400',
        '"download-bytes";q=1000000000000;w=86400',
    ]
    size = len(csv_of("http://h/a.png"))
    assert states[2:] == [
        '"images";r=8;t=86400',
        f'"file-bytes";r={500 - size};t=86400',
        '"download-bytes";r=1000000000000;t=86400',
    ]


def test_too_many_rows_per_day_are_a_429(locked: TestClient, manage: ManageKeys, pipeline: Pipeline) -> None:
    _, token = manage.make("Acme", Limits(rows_a_day=3))
    upload(locked, csv_of("http://h/a.png", "http://h/b.png"), bearer(token))
    answer = upload(locked, csv_of("http://h/a.png", "http://h/b.png"), bearer(token))
    body = check_problem(answer, 429, "limit")
    assert "3 rows a day" in str(body["detail"])
    assert "1 are left" in str(body["detail"])
    assert answer.headers["Retry-After"] == "86400"
    assert answer.headers["RateLimit-Policy"] == '"rows";q=3;w=86400'
    assert answer.headers["RateLimit"] == '"rows";r=1;t=86400'
    assert len(pipeline.jobs.jobs) == 1


def test_a_file_over_the_daily_limit_must_be_split(locked: TestClient, manage: ManageKeys) -> None:
    _, token = manage.make("Acme", Limits(rows_a_day=1))
    answer = upload(locked, csv_of("http://h/a.png", "http://h/b.png"), bearer(token))
    assert "Split the catalogue" in str(check_problem(answer, 429, "limit")["detail"])
    assert "Retry-After" not in answer.headers


def test_too_many_open_jobs_are_a_429_for_retries_too(
    locked: TestClient, manage: ManageKeys, pipeline: Pipeline
) -> None:
    _, token = manage.make("Acme", Limits(open_jobs=1))
    ended = upload(locked, csv_of("n/a http://h/a.png"), bearer(token)).json()["request_id"]
    pipeline.run()
    upload(locked, csv_of("http://h/b.png"), bearer(token))
    for answer in (
        upload(locked, csv_of("http://h/c.png"), bearer(token)),
        locked.post(f"/jobs/{ended}/retry", headers=bearer(token)),
    ):
        check_problem(answer, 429, "limit")
        assert answer.headers["RateLimit"] == '"open-jobs";r=0;t=30'


@pytest.mark.parametrize(
    ("limits", "name"),
    [
        (Limits(images_a_day=1), "images"),
        (Limits(file_bytes_a_day=100), "file-bytes"),
    ],
)
def test_other_limits_of_a_day_are_a_429_too(
    locked: TestClient, manage: ManageKeys, limits: Limits, name: str
) -> None:
    _, token = manage.make("Acme", limits)
    upload(locked, csv_of("http://h/a.png"), bearer(token))
    answer = upload(locked, csv_of("http://h/a.png"), bearer(token))
    check_problem(answer, 429, "limit")
    assert answer.headers["RateLimit-Policy"].startswith(f'"{name}";q=')


def test_refused_catalogues_are_throttled_before_they_are_parsed(
    locked: TestClient, manage: ManageKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, token = manage.make("Acme", Limits())
    unusable = b"Serial Number\n" + b"\n" * 4_400_000
    refusal = CatalogueError((Problem("no_header", "No header."),), 1)
    parse = Mock(return_value=Understanding(refusal=refusal))
    monkeypatch.setattr(catalogue, "understand", parse)
    answers = [upload(locked, unusable, bearer(token)) for _ in range(22)]
    assert [answer.status_code for answer in answers] == [422] * 20 + [429] * 2
    assert parse.call_count == 20
    check_problem(answers[-1], 429, "limit")
    assert answers[-1].headers["Retry-After"] == "10"
    assert answers[-1].headers["RateLimit-Policy"] == '"parsing";q=90000000;w=360'


def test_packed_files_are_throttled_by_what_they_unpack_to(locked: TestClient, manage: ManageKeys) -> None:
    _, token = manage.make("Acme", Limits())
    packed = gzip.compress(csv_of("http://h/a.png") + b" " * 40_000_000)
    assert len(packed) < 100_000
    files = {"file": ("a.csv.gz", packed)}
    answers = [locked.post("/upload?dry_run=1", files=files, headers=bearer(token)) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]


def test_dry_runs_are_throttled_and_count_against_nothing_else(
    locked: TestClient, manage: ManageKeys, pipeline: Pipeline
) -> None:
    key, token = manage.make("Acme", Limits(open_jobs=1, rows_a_day=1))
    file = {"file": ("a.csv", csv_of("http://h/a.png", "http://h/b.png") + b" " * 4_400_000)}
    answers = [locked.post("/upload?dry_run=1", files=file, headers=bearer(token)) for _ in range(22)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429] * 2
    assert not pipeline.jobs.jobs
    assert not pipeline.usage.orders[key.id, pipeline.clock().date()]
    assert not pipeline.usage.open[key.id]


def test_nothing_is_throttled_without_keys(client: TestClient, pipeline: Pipeline) -> None:
    upload(client)
    assert not pipeline.usage.parsing


def test_images_and_the_health_check_need_no_key(locked: TestClient, pipeline: Pipeline) -> None:
    link = f"{'a' * 22}/shoe.jpg"
    pipeline.store.put(f"images/{link}", b"x", "image/jpeg")
    assert locked.get(f"/images/{link}").status_code == 307
    assert locked.get("/healthz").status_code == 200
    assert locked.get("/").status_code == 200


def test_the_openapi_document_describes_keys_if_they_are_required(monkeypatch: pytest.MonkeyPatch) -> None:
    for authentication, expected in (("keys", [{"HTTPBearer": []}]), ("none", None)):
        monkeypatch.setenv("AUTHENTICATION", authentication)
        monkeypatch.setattr(app, "openapi_schema", None)
        document = app.openapi()
        operation = document["paths"]["/jobs"]["get"]
        assert operation.get("security") == expected
        assert ("401" in operation["responses"]) == bool(expected)
        assert "security" not in document["paths"]["/healthz"]["get"]
