"""The routes /preview."""

from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from catalight.domain.job.job import JobState
from tests.pipeline import MISSING, Pipeline
from tests.unit.functions.api.requests import check_problem

URL = "http://h/a,b.png"


def begin(client: TestClient, url: str = URL, **fields: str) -> str:
    answer = client.post("/preview", data={"url": url, **fields})
    assert answer.status_code == 202, answer.text
    path: str = answer.json()["status_url"]
    assert answer.headers["Location"] == path
    assert answer.headers["Retry-After"]
    return path


def test_a_preview_has_both_images(client: TestClient, pipeline: Pipeline) -> None:
    path = begin(client, format="webp")
    pending = client.get(path)
    assert (pending.json()["state"], pending.json()["image"]) == ("PENDING", None)
    assert pending.headers["Retry-After"]
    pipeline.run()
    done = client.get(path)
    body = done.json()
    assert (body["state"], body["error"]) == ("DONE", None)
    assert body["image"]["type"] == "image/webp"
    assert body["original"]["bytes"] == len(URL)  # the fake host answers with the URL
    assert "Retry-After" not in done.headers
    for shown in (body["image"], body["original"]):
        assert client.get(shown["url"]).status_code == 307


def test_a_failed_preview_says_why(client: TestClient, pipeline: Pipeline) -> None:
    pipeline.hosts[URL] = MISSING
    path = begin(client)
    pipeline.run()
    body = client.get(path).json()
    assert (body["state"], body["error"]["code"]) == ("FAILED", "not_found")
    assert body["error"]["detail"]


def test_a_preview_is_no_listed_job_and_no_other_route_has_it(client: TestClient, pipeline: Pipeline) -> None:
    preview_id = begin(client).rpartition("/")[2]
    assert client.get("/jobs").json()["jobs"] == []
    check_problem(client.get(f"/status/{preview_id}"), 404, "job-not-found")
    check_problem(client.post(f"/jobs/{preview_id}/extend?days=9"), 404, "job-not-found")
    job = pipeline.start("http://h/a.jpg")
    check_problem(client.get(f"/preview/{job.id}"), 404, "job-not-found")


def test_a_preview_of_another_owner_does_not_exist(client: TestClient, pipeline: Pipeline) -> None:
    path = begin(client)
    preview_id = path.rpartition("/")[2]
    pipeline.jobs.jobs[preview_id] = replace(pipeline.jobs.get(preview_id), owner="other")
    check_problem(client.get(path), 404, "job-not-found")


def test_a_preview_expires_within_a_day(client: TestClient, pipeline: Pipeline) -> None:
    job = pipeline.jobs.get(begin(client).rpartition("/")[2])
    assert job.expires_at <= job.created_at + timedelta(days=1)
    assert (job.state, job.webhook) == (JobState.PENDING, None)


@pytest.mark.parametrize("url", ["", "ftp://h/a.png", "http://u:p@h/", "http://h/a.png http://h/b.png"])
def test_what_is_not_the_url_of_one_image_is_refused(
    client: TestClient, pipeline: Pipeline, url: str
) -> None:
    assert client.post("/preview", data={"url": url}).status_code == 422
    assert not pipeline.jobs.jobs
