"""The form fields that name images and keep a job, and the route that extends it."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from tests.pipeline import Pipeline, csv_of
from tests.unit.functions.api.requests import check_problem, upload

URL = "http://h/a.png"


def test_a_template_names_the_images_of_a_job(client: TestClient, pipeline: Pipeline) -> None:
    fields = {"file_name": "{column:Product Name}/{n}"}
    request_id = upload(client, csv_of(f"{URL} http://h/b.png"), **fields).json()["request_id"]
    pipeline.run()
    [row] = client.get(f"/jobs/{request_id}/rows").json()["rows"]
    assert [image["output_url"].rpartition("/")[2] for image in row["images"]] == [
        "Product-1-1.jpg",
        "Product-1-2.jpg",
    ]


def test_a_link_with_unicode_letters_is_percent_encoded_and_works(
    client: TestClient, pipeline: Pipeline
) -> None:
    fields = {"file_name": "Größe {serial} 鞋", "file_names": "unicode"}
    request_id = upload(client, csv_of(URL), **fields).json()["request_id"]
    pipeline.run()
    [row] = client.get(f"/jobs/{request_id}/rows").json()["rows"]
    url = row["images"][0]["output_url"]
    assert url.endswith("/Gr%C3%B6%C3%9Fe-1-%E9%9E%8B.jpg")
    assert url in pipeline.result(pipeline.jobs.get(request_id))
    assert client.get(urlsplit(url).path).status_code == 307
    assert client.get(urlsplit(url).path.replace("%C3%B6", "o")).status_code == 404


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{SKU}", "is no field"),
        ("{column:SKU}", "it has Serial Number, Product Name"),
        ("../{n}", "empty or"),
    ],
)
@pytest.mark.parametrize("path", ["/upload", "/upload?dry_run=true"])
def test_a_wrong_template_is_refused(
    client: TestClient, pipeline: Pipeline, path: str, template: str, reason: str
) -> None:
    answer = client.post(path, files={"file": ("c.csv", csv_of(URL))}, data={"file_name": template})
    body = check_problem(answer, 422, "option")
    assert body["field"] == "file_name"
    assert reason in str(body["detail"])
    assert pipeline.jobs.jobs == {}


def test_letters_without_a_template_are_refused(client: TestClient) -> None:
    answer = upload(client, csv_of(URL), file_names="unicode")
    body = check_problem(answer, 422, "option")
    assert body["field"] == "file_names"
    assert body["detail"] == "file_names is 'unicode'. Allowed: ascii, unless file_name is sent too."


def test_an_empty_template_is_none(client: TestClient, pipeline: Pipeline) -> None:
    request_id = upload(client, csv_of(URL), file_name="").json()["request_id"]
    assert pipeline.jobs.get(request_id).naming is None


def test_a_job_is_kept_for_as_many_days_as_its_form_says(client: TestClient) -> None:
    request_id = upload(client, csv_of(URL), keep_days="60").json()["request_id"]
    status = client.get(f"/status/{request_id}").json()
    assert kept(status) == timedelta(days=60)


@pytest.mark.parametrize(
    ("days", "code"), [("91", "option"), ("0", "invalid-request"), ("x", "invalid-request")]
)
def test_too_many_days_are_refused(client: TestClient, days: str, code: str) -> None:
    check_problem(upload(client, csv_of(URL), keep_days=days), 422, code)
    request_id = upload(client, csv_of(URL)).json()["request_id"]
    check_problem(client.post(f"/jobs/{request_id}/extend?days={days}"), 422, code)


def test_a_job_is_extended_and_answers_until_when(client: TestClient) -> None:
    request_id = upload(client, csv_of(URL)).json()["request_id"]
    for query, days in [("days=40", 40), ("days=3", 40), ("days=3&shorten=true", 3), ("days=90", 90)]:
        answer = client.post(f"/jobs/{request_id}/extend?{query}")
        assert (answer.status_code, kept(answer.json())) == (200, timedelta(days=days))
    assert kept(client.get(f"/status/{request_id}").json()) == timedelta(days=90)


@pytest.mark.parametrize("query", ["", "?day=3", "?days=3&days=4"])
def test_an_extension_names_its_days_once(client: TestClient, query: str) -> None:
    request_id = upload(client, csv_of(URL)).json()["request_id"]
    check_problem(client.post(f"/jobs/{request_id}/extend{query}"), 422, "invalid-request")


def test_a_deleted_job_is_not_extended(client: TestClient) -> None:
    request_id = upload(client, csv_of(URL)).json()["request_id"]
    client.delete(f"/jobs/{request_id}")
    check_problem(client.post(f"/jobs/{request_id}/extend?days=9"), 410, "job-gone")


def kept(status: dict[str, str]) -> timedelta:
    """Return for how long a job is kept in all."""
    expires_at, created_at = map(datetime.fromisoformat, (status["expires_at"], status["created_at"]))
    return expires_at - created_at
