"""The field `renditions` of /upload, and what the API says of renditions."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from catalight.domain.catalogue import catalogue
from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.image.look import Look
from catalight.domain.image.presets import PRESETS
from catalight.domain.image.rendition import Rendition
from tests.pipeline import MISSING, Pipeline, csv_of
from tests.unit.functions.api.requests import ONE, check_problem, upload

TWO = json.dumps([{"name": "large", "max_width": 2000}, "thumbnail"])


def test_renditions_reach_the_job(client: TestClient, pipeline: Pipeline) -> None:
    body = upload(client, csv_of("http://h/a.jpg http://h/b.jpg"), renditions=TWO).json()
    assert (body["images"], body["outputs"]) == (2, 4)
    job = pipeline.jobs.get(body["request_id"])
    assert job.renditions == (Rendition(name="large", max_width=2000), PRESETS["thumbnail"].rendition)
    status = client.get(f"/status/{job.id}").json()
    assert (status["images"], status["renditions"]) == (
        {"total": 4, "done": 0, "failed": 0},
        ["large", "thumbnail"],
    )


def test_a_classic_request_has_one_without_a_name(client: TestClient, pipeline: Pipeline) -> None:
    body = upload(client, ONE, quality="80", renditions="").json()
    assert (body["images"], body["outputs"]) == (1, 1)
    assert pipeline.jobs.get(body["request_id"]).renditions == (Rendition(80),)
    assert client.get(body["links"]["status"]).json()["renditions"] == [""]


def test_the_quality_may_be_automatic(client: TestClient, pipeline: Pipeline) -> None:
    for fields, look in (({}, Look.GOOD), ({"look": ""}, Look.GOOD), ({"look": "small"}, Look.SMALL)):
        body = upload(client, ONE, quality="auto", **fields).json()
        assert pipeline.jobs.get(body["request_id"]).renditions == (Rendition("auto", look=look),)
    several = json.dumps(
        [{"name": "a", "quality": "auto"}, {"preset": "shopify", "quality": "auto", "look": "high"}]
    )
    body = upload(client, ONE, renditions=several).json()
    made = pipeline.jobs.get(body["request_id"]).renditions
    assert [rendition.look for rendition in made] == [Look.GOOD, Look.HIGH]


def test_what_was_chosen_is_in_the_rows(client: TestClient, pipeline: Pipeline) -> None:
    several = json.dumps([{"name": "a", "quality": "auto"}, {"name": "b", "quality": 80}])
    job = pipeline.jobs.get(upload(client, csv_of("http://h/a.jpg"), renditions=several).json()["request_id"])
    pipeline.run()
    [row] = client.get(f"/jobs/{job.id}/rows").json()["rows"]
    chosen = [(one["quality"], one["score"]) for one in row["images"][0]["renditions"]]
    assert chosen == [(62, 70.4), (None, None)]


def test_a_look_is_refused_beside_a_number(client: TestClient) -> None:
    for fields in ({"quality": "80"}, {}):
        body = check_problem(upload(client, ONE, look="high", **fields), 422, "option")
        assert body["field"] == "look"
        assert "unless quality=auto" in str(body["detail"])


def test_another_quality_is_refused(client: TestClient) -> None:
    for quality in ("0", "101", "best", "5.5"):
        body = upload(client, ONE, quality=quality)
        assert body.status_code == 422
        assert "quality" in body.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quality", "50"),
        ("look", "high"),
        ("format", "webp"),
        ("max_width", "9"),
        ("max_height", "9"),
        ("background", "#fff"),
    ],
)
def test_the_fields_of_one_rendition_are_refused_beside_others(
    client: TestClient, field: str, value: str
) -> None:
    body = check_problem(upload(client, ONE, renditions=TWO, **{field: value}), 422, "option")
    assert body["field"] == field
    assert "beside renditions" in str(body["detail"])
    assert upload(client, ONE, renditions=TWO, background="", max_width="").status_code == 202


def test_a_wrong_rendition_is_named(client: TestClient) -> None:
    wrong = json.dumps(["shopify", {"name": "t", "quality": 101}])
    body = check_problem(upload(client, ONE, renditions=wrong), 422, "option")
    assert body["field"] == "renditions.t.quality"
    assert body["detail"] == "renditions.t.quality is '101'. Allowed: a whole number from 1 to 100, or auto."
    answer = client.post("/upload?dry_run=1", files={"file": ("a.csv", ONE)}, data={"renditions": "x"})
    check_problem(answer, 422, "option")


class TestTooMany:
    @pytest.fixture(autouse=True)
    def few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(catalogue, "MAX_IMAGES", 3)

    def test_outputs_are_a_problem_of_the_catalogue(self, client: TestClient, pipeline: Pipeline) -> None:
        two = csv_of("http://h/a.jpg", "http://h/b.jpg")
        body: Any = check_problem(upload(client, two, renditions=TWO), 422, "catalogue")
        assert [problem["code"] for problem in body["problems"]] == ["too_many_outputs"]
        assert "2 images in 2 renditions are 4 outputs; one job may have 3" in body["detail"]
        answer = client.post("/upload?dry_run=1", files={"file": ("a.csv", two)}, data={"renditions": TWO})
        said = answer.json()
        assert not said["accepted"]
        assert (said["problems"], said["outputs"]) == (body["problems"], 4)
        assert not pipeline.jobs.jobs

    def test_one_rendition_of_as_many_images_is_accepted(self, client: TestClient) -> None:
        assert upload(client, csv_of("http://h/a.jpg", "http://h/b.jpg")).status_code == 202
        assert upload(client, csv_of("http://h/a.jpg"), renditions=TWO).status_code == 202


class TestRows:
    def test_each_image_has_its_renditions(self, client: TestClient, pipeline: Pipeline) -> None:
        pipeline.hosts["http://h/b.jpg"] = MISSING
        data = csv_of("http://h/a.jpg http://h/b.jpg")
        job = pipeline.jobs.get(upload(client, data, renditions=TWO).json()["request_id"])
        pipeline.run()
        [row] = client.get(f"/jobs/{job.id}/rows").json()["rows"]
        assert row["state"] == "PARTIAL"
        done, missing = row["images"]
        large, thumbnail = done["renditions"]
        assert (large["name"], thumbnail["name"]) == ("large", "thumbnail")
        for field in ("state", "output_url", "bytes_out", "width", "format", "milliseconds", "kept"):
            assert done[field] == large[field]
        assert large["output_url"] != thumbnail["output_url"]
        assert thumbnail["state"] == "DONE"
        assert thumbnail["milliseconds"]["decode"] == 0
        assert {one["error"] for one in missing["renditions"]} == {"not_found"} == {missing["error"]}
        assert missing["renditions"][1] == {
            "name": "thumbnail",
            "state": "FAILED",
            "error": "not_found",
            "detail": "The host answered 404.",
            "attempts": 0,
            "not_before": None,
            "output_url": None,
            "bytes_out": 0,
            "width": 0,
            "height": 0,
            "format": None,
            "milliseconds": None,
            "kept": False,
            "small": False,
            "quality": None,
            "score": None,
            "unchanged": False,
        }

    def test_a_classic_job_has_one_entry(self, client: TestClient, pipeline: Pipeline) -> None:
        request_id = upload(client, ONE).json()["request_id"]
        pipeline.run()
        [row] = client.get(f"/jobs/{request_id}/rows").json()["rows"]
        [image] = row["images"]
        [only] = image["renditions"]
        assert (only["name"], only["output_url"]) == ("", image["output_url"])


def test_a_rendition_that_fails_costs_only_itself(client: TestClient, pipeline: Pipeline) -> None:
    gave_up = ImageError(ImageErrorCode.GAVE_UP, "Too much memory.")
    whole = pipeline.compress_images.compress

    def compress(data: bytes, renditions: Any, job: str) -> Any:
        return [whole(data, renditions, job)[0], gave_up]

    object.__setattr__(pipeline.compress_images, "compress", compress)
    request_id = upload(client, ONE, renditions=TWO).json()["request_id"]
    pipeline.run()
    status = client.get(f"/status/{request_id}").json()
    assert (status["images"], status["errors"]) == ({"total": 2, "done": 1, "failed": 1}, {"gave_up": 1})
