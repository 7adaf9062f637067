"""The API over in-memory adapters: its contract with clients."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from catalight.domain.errors import (
    CatalightError,
    ConfigurationError,
    ImageError,
    KeyNotFoundError,
    MessageError,
    ObjectChangedError,
    UnavailableError,
    UnderstoodOtherwiseError,
    UploadGoneError,
)
from catalight.domain.job.job import JobState
from catalight.domain.web.egress import EgressPolicy
from functions.api import problem_answers
from functions.api.app import app
from functions.api.body_limit import MAX_BODY
from functions.api.services import services
from tests.pipeline import MISSING, Pipeline, csv_of
from tests.unit.functions.api.requests import ONE, check_problem, upload


class TestUpload:
    def test_it_is_accepted_with_a_request_id(self, client: TestClient, pipeline: Pipeline) -> None:
        answer = upload(client, csv_of("http://h/a.png, n/a", "http://h/b.png"))
        assert answer.status_code == 202
        body = answer.json()
        assert answer.headers["Location"] == f"/status/{body['request_id']}"
        assert (body["status"], body["rows"], body["images"]) == ("PENDING", 2, 3)
        assert [(note["line"], note["code"], note["found"]) for note in body["warnings"]] == [
            (2, "invalid_url", "n/a")
        ]
        assert body["warnings_total"] == 1
        assert body["links"]["download"] == f"/download/{body['request_id']}"
        assert pipeline.jobs.get(body["request_id"]).file_name == "products.csv"

    def test_the_answer_and_the_status_say_how_many_urls_are_repeated(self, client: TestClient) -> None:
        body = upload(client, csv_of("http://h/a.png, n/a, n/a", "http://h/a.png, http://h/b.png")).json()
        assert (body["images"], body["duplicates"]) == (5, 1)
        assert client.get(f"/status/{body['request_id']}").json()["duplicates"] == 1

    def test_the_options_reach_the_job(self, client: TestClient, pipeline: Pipeline) -> None:
        fields = {"quality": "80", "format": "keep", "max_width": "100", "background": "#00ff7F"}
        fields["webhook_url"] = "https://shop.test/h"
        job = pipeline.jobs.get(upload(client, **fields).json()["request_id"])
        assert job.renditions[0].to_document() == {
            "quality": 80,
            "format": "keep",
            "max_width": 100,
            "max_height": None,
            "background": "#00ff7F",
        }
        assert job.webhook
        assert job.webhook.url == "https://shop.test/h"

    def test_all_fields_may_be_sent_at_once(self, client: TestClient) -> None:
        fields = {
            "webhook_url": "https://shop.test/h",
            "quality": "auto",
            "look": "high",
            "format": "webp",
            "max_width": "100",
            "max_height": "100",
            "background": "#fff",
            "strict": "false",
            "user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
            "referer": "origin",
            "columns": '{"images": ["Input Image Urls"]}',
            "header_row": "1",
            "encoding": "windows-1252",
            "sheet": "Products",
            "file_name": "{serial}-{n}",
            "file_names": "unicode",
            "keep_days": "60",
            "reference": "order 4711",
            "fresh": "false",
            "max_age": "24",
            "renditions": "",  # it takes the place of six of the others
            "result_format": "jsonl",
            "result": "replace",
            "failed": "empty",
            "result_encoding": "input",
        }
        schemas = client.get("/openapi.json").json()["components"]["schemas"]
        assert set(fields) | {"file", "file_url"} == set(schemas["Body_upload"]["properties"])
        assert upload(client, **fields).status_code == 202

    def test_the_request_headers_reach_the_job(self, client: TestClient, pipeline: Pipeline) -> None:
        fields = {"user_agent": "Mozilla/5.0", "referer": "origin"}
        job = pipeline.jobs.get(upload(client, **fields).json()["request_id"])
        assert job.request_headers.to_document() == fields

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("user_agent", "a\r\nCookie: b"),
            ("referer", "https://shop.test/?token=hunter2"),
            ("referer", "shop"),
        ],
    )
    def test_request_headers_that_are_not_allowed(self, client: TestClient, field: str, value: str) -> None:
        body = check_problem(upload(client, **{field: value}), 422, "option")
        assert body["field"] == field
        assert "hunter2" not in str(body)

    def test_a_deployment_can_refuse_request_headers(self, client: TestClient, pipeline: Pipeline) -> None:
        built = app.dependency_overrides[services]()
        egress = EgressPolicy(request_headers=False)
        app.dependency_overrides[services] = lambda: replace(built, egress=egress)
        assert upload(client).status_code == 202
        body = check_problem(upload(client, referer="origin"), 422, "option")
        assert body["field"] == "referer"

    def test_a_colour_may_have_three_digits(self, client: TestClient, pipeline: Pipeline) -> None:
        job = pipeline.jobs.get(upload(client, background="#1aF").json()["request_id"])
        assert job.renditions[0].background == "#11aaFF"

    def test_empty_fields_count_as_missing(self, client: TestClient) -> None:
        assert upload(client, quality="", format="", background="", max_width="").status_code == 202

    def test_the_problem_with_an_unusable_file_lists_all_problems(self, client: TestClient) -> None:
        body = check_problem(upload(client, b"Serial Number,Product Name\n1,a\n"), 422, "catalogue")
        assert body["problems_total"] == 1
        assert "Input Image Urls" in str(body["problems"])

    def test_strict_turns_warnings_into_problems(self, client: TestClient) -> None:
        data = csv_of("http://h/a.png, n/a")
        assert upload(client, data).status_code == 202
        check_problem(upload(client, data, strict="true"), 422, "catalogue")

    def test_a_row_that_loses_its_url_is_a_warning_or_a_problem(self, client: TestClient) -> None:
        data = csv_of("http://h/a.png") + b"2;Pot;http://h/b.png\n"
        (warning,) = upload(client, data).json()["warnings"]
        assert (warning["code"], warning["line"]) == ("short_row", 3)
        body = check_problem(upload(client, data, strict="true"), 422, "catalogue")
        assert body["problems"] == [warning]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("quality", "0"),
            ("quality", "101"),
            ("quality", "best"),
            ("format", "bmp"),
            ("format", "gif"),
            ("background", "white"),
            ("background", "#ffff"),
            ("background", "#ffffff\n"),
            ("max_width", "0"),
            ("max_height", "99999"),
            ("strict", "perhaps"),
        ],
    )
    def test_an_invalid_field_is_named(self, client: TestClient, field: str, value: str) -> None:
        body = check_problem(upload(client, **{field: value}), 422, "invalid-request")
        assert field in str(body["detail"])

    @pytest.mark.parametrize(
        "url",
        [
            "ftp://shop.test/h?token=s3cret",
            "shop.test",
            "https://",
            "https://u:p@shop.test/",
            "https://u:p?s3cret@shop.test/",
        ],
    )
    def test_a_webhook_that_cannot_be_called_is_refused(self, client: TestClient, url: str) -> None:
        body = check_problem(upload(client, webhook_url=url), 422, "option")
        assert body["field"] == "webhook_url"
        assert "u:p" not in str(body)
        assert "s3cret" not in str(body)

    @pytest.mark.parametrize(
        ("url", "reason"),
        [
            ("http://shop.test/h", "an https URL (this one: over http anyone"),
            ("HTTP://shop.test:443/h", "over http anyone"),
            ("https://shop.test:8080/h", "port is 8080; only 80, 443 and 8443 are allowed"),
        ],
    )
    def test_a_webhook_url_needs_https_and_an_allowed_port(
        self, client: TestClient, url: str, reason: str
    ) -> None:
        assert reason in str(check_problem(upload(client, webhook_url=url), 422, "option")["detail"])
        assert upload(client, webhook_url="https://shop.test:8443/h").status_code == 202

    def test_a_local_run_allows_webhooks_over_http(self, client: TestClient) -> None:
        build = app.dependency_overrides[services]
        app.dependency_overrides[services] = lambda: replace(build(), egress=EgressPolicy(private_hosts=True))
        assert upload(client, webhook_url="http://127.0.0.1:41179/h").status_code == 202

    def test_a_missing_file_is_named(self, client: TestClient) -> None:
        answer = client.post("/upload", files={"other": ("a.csv", ONE)})
        assert "file" in str(check_problem(answer, 422, "invalid-request")["detail"])

    @pytest.mark.parametrize("content_type", ["text/csv", "application/json", ""])
    def test_another_content_type_is_refused(self, client: TestClient, content_type: str) -> None:
        answer = client.post("/upload", content=ONE, headers={"content-type": content_type})
        assert "multipart/form-data" in str(check_problem(answer, 415, "content-type")["detail"])

    def test_a_broken_multipart_body_is_a_bad_request(self, client: TestClient) -> None:
        headers = {"content-type": "multipart/form-data; boundary=x"}
        check_problem(client.post("/upload", content=b"nonsense", headers=headers), 400, "bad-request")

    def test_a_body_over_the_limit_is_refused_before_it_is_parsed(self, client: TestClient) -> None:
        body = check_problem(upload(client, b"x" * MAX_BODY), 413, "upload-too-large")
        assert body["limit"] == MAX_BODY

    def test_the_limit_applies_to_a_body_of_unknown_length_too(self, client: TestClient) -> None:
        chunks = (b"x" * 100_000 for _ in range(50))
        check_problem(client.post("/upload", content=chunks), 413, "upload-too-large")

    def test_an_outage_is_a_503_with_retry_after(self, client: TestClient, pipeline: Pipeline) -> None:
        def fail(job: object) -> None:
            raise UnavailableError("MongoDB")

        pipeline.jobs.insert = fail  # type: ignore[assignment,method-assign]
        answer = upload(client)
        check_problem(answer, 503, "unavailable")
        assert int(answer.headers["Retry-After"]) > 0


class TestIdempotencyKey:
    def test_the_same_request_has_the_same_answer(self, client: TestClient, pipeline: Pipeline) -> None:
        data = csv_of("http://h/a.png, n/a")
        first = upload(client, data, {"Idempotency-Key": "k"})
        pipeline.run()
        second = upload(client, data, {"Idempotency-Key": "k"})
        assert (second.status_code, second.json()) == (202, first.json())
        assert upload(client, data).json()["request_id"] != first.json()["request_id"]

    def test_another_request_under_the_same_key_is_refused(self, client: TestClient) -> None:
        first = upload(client, ONE, {"Idempotency-Key": "k"}).json()
        other = upload(client, csv_of("http://h/b.png"), {"Idempotency-Key": "k"})
        assert first["request_id"] in str(check_problem(other, 422, "idempotency-key")["detail"])
        check_problem(upload(client, ONE, {"Idempotency-Key": "k"}, quality="7"), 422, "idempotency-key")

    @pytest.mark.parametrize("key", ["", "k" * 256])
    def test_a_key_has_1_to_255_characters(self, client: TestClient, key: str) -> None:
        check_problem(upload(client, ONE, {"Idempotency-Key": key}), 422, "invalid-request")


class TestStatus:
    def test_progress_is_reported(self, client: TestClient, pipeline: Pipeline) -> None:
        request_id = upload(client).json()["request_id"]
        answer = client.get(f"/status/{request_id}")
        assert answer.status_code == 200
        assert answer.headers["Retry-After"] == "1"
        body = answer.json()
        assert body["status"] == "PENDING"
        assert body["images"] == {"total": 1, "done": 0, "failed": 0}
        assert body["webhook"] is None

    def test_a_large_job_is_asked_for_less_often(self, client: TestClient) -> None:
        request_id = upload(client, csv_of(*(f"http://h/{number}.png" for number in range(201)))).json()[
            "request_id"
        ]
        assert client.get(f"/status/{request_id}").headers["Retry-After"] == "2"

    def test_a_finished_job_reports_its_results(self, client: TestClient, pipeline: Pipeline) -> None:
        pipeline.hosts["http://h/b.png"] = MISSING
        data = csv_of("http://h/a.png http://h/b.png")
        request_id = upload(client, data, webhook_url="https://shop.test/h").json()["request_id"]
        pipeline.run()
        answer = client.get(f"/status/{request_id}")
        assert "Retry-After" not in answer.headers
        body = answer.json()
        assert (body["status"], body["images"]) == ("COMPLETED", {"total": 2, "done": 1, "failed": 1})
        assert body["errors"] == {"not_found": 1}
        assert body["bytes"] == {"in": 14, "out": 7}
        assert body["milliseconds"] == {"fetch": 0, "decode": 3, "resize": 2, "encode": 1, "store": 0}
        assert body["webhook"]["state"] == "DELIVERED"
        assert body["webhook"]["attempts"][0]["status"] == 200

    @pytest.mark.parametrize("state", [JobState.FINISHING, JobState.CANCELLING])
    def test_internal_states_are_shown_as_processing(
        self, client: TestClient, pipeline: Pipeline, state: JobState
    ) -> None:
        request_id = upload(client).json()["request_id"]
        pipeline.jobs.jobs[request_id] = replace(pipeline.jobs.get(request_id), state=state)
        assert client.get(f"/status/{request_id}").json()["status"] == "PROCESSING"

    def test_an_unknown_job_is_not_found(self, client: TestClient) -> None:
        check_problem(client.get("/status/nonsense"), 404, "job-not-found")


class TestDownload:
    def test_a_running_job_is_a_conflict_with_retry_after(self, client: TestClient) -> None:
        answer = client.get(f"/download/{upload(client).json()['request_id']}")
        check_problem(answer, 409, "job-not-finished")
        assert int(answer.headers["Retry-After"]) > 0

    def test_the_result_is_linked(self, client: TestClient, pipeline: Pipeline) -> None:
        request_id = upload(client).json()["request_id"]
        pipeline.run()
        answer = client.get(f"/download/{request_id}")
        assert (answer.status_code, answer.headers["Location"]) == (307, f"memory:results/{request_id}/1.csv")
        body = client.get(f"/download/{request_id}?redirect=false").json()
        assert body == {"url": f"memory:results/{request_id}/1.csv", "expires_at": "2026-01-01T01:00:00Z"}

    def test_an_unknown_job_is_not_found(self, client: TestClient) -> None:
        check_problem(client.get("/download/nonsense"), 404, "job-not-found")

    def test_a_result_that_has_been_removed_is_gone(self, client: TestClient, pipeline: Pipeline) -> None:
        request_id = upload(client).json()["request_id"]
        pipeline.run()
        pipeline.store.objects.clear()
        check_problem(client.get(f"/download/{request_id}"), 410, "result-expired")


class TestImages:
    def test_links_of_the_result_lead_to_the_images(self, client: TestClient, pipeline: Pipeline) -> None:
        job = pipeline.jobs.get(upload(client).json()["request_id"])
        pipeline.run()
        [row] = pipeline.rows.stream(job.id)
        link = f"/images/{row.images[0].link}"
        assert f"https://api.test{link}" in pipeline.result(job)
        answer = client.get(link)
        assert (answer.status_code, answer.headers["Location"]) == (307, f"memory:{link[1:]}")

    def test_an_unknown_image_is_not_found(self, client: TestClient) -> None:
        check_problem(client.get(f"/images/{'t' * 22}/a.jpg"), 404, "image-not-found")

    @pytest.mark.parametrize("path", ["nonsense/a.jpg", "..%2Fresults/1.csv", f"{'t' * 22}/{'a' * 2000}.jpg"])
    def test_an_invalid_link_is_not_looked_up(
        self, client: TestClient, pipeline: Pipeline, path: str
    ) -> None:
        pipeline.store.down = True
        check_problem(
            client.get(f"/images/{path}"), 404, "image-not-found" if "%" not in path else "not-found"
        )


def test_the_welcome_is_json_or_a_page_for_browsers(client: TestClient) -> None:
    assert "message" in client.get("/").json()
    page = client.get("/", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert '<main id="main"' in page.text


def test_health_is_ok_or_503(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}

    def down() -> None:
        raise UnavailableError("MongoDB")

    built = app.dependency_overrides[services]()
    app.dependency_overrides[services] = lambda: replace(built, ping=down)
    check_problem(client.get("/healthz"), 503, "unavailable")


def test_unknown_paths_and_methods_are_problems(client: TestClient) -> None:
    check_problem(client.get("/nothing"), 404, "not-found")
    answer = client.get("/upload")
    check_problem(answer, 405, "method-not-allowed")
    assert answer.headers["Allow"] == "POST"
    assert client.put("/jobs/1").headers["Allow"] == "DELETE, GET, HEAD"
    assert client.put("/healthz").headers["Allow"] == "GET, HEAD"


def test_an_unexpected_error_is_a_problem_without_a_trace(
    client: TestClient, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline.jobs, "find", lambda _: 1 / 0)
    body = check_problem(client.get("/status/x"), 500, "internal-error")
    assert "ZeroDivisionError" not in str(body)


def test_an_unexpected_error_does_not_reach_the_server_which_would_log_it(
    client: TestClient, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline.jobs, "find", lambda _: 1 / 0)
    strict = TestClient(app, raise_server_exceptions=True)
    assert strict.get("/status/x").status_code == 500


def test_every_error_that_can_reach_the_api_is_mapped_to_a_problem() -> None:
    never_in_the_api = {
        *(ImageError, KeyNotFoundError, ConfigurationError, UnderstoodOtherwiseError, UploadGoneError),
        *(MessageError, ObjectChangedError),
    }
    assert set(problem_answers.CATALIGHT_ERRORS) == set(all_subclasses(CatalightError)) - never_in_the_api


def all_subclasses(kind: type[CatalightError]) -> Iterator[type[CatalightError]]:
    for below in kind.__subclasses__():
        yield below
        yield from all_subclasses(below)


def test_the_openapi_document_has_examples_and_documents_problems(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert document["components"]["schemas"]["Accepted"]["properties"]["request_id"]["examples"]
    upload_answers = document["paths"]["/upload"]["post"]["responses"]
    assert set(upload_answers) == {
        "200",
        "202",
        "400",
        "401",
        "403",
        "410",
        "413",
        "415",
        "422",
        "429",
        "503",
    }
    assert "HTTPValidationError" not in str(document)
    assert "FINISHING" not in str(document)
    for path in document["paths"].values():
        for method, operation in path.items():
            for status, documented in operation["responses"].items():
                if method == "head":
                    assert "content" not in documented
                elif int(status) >= 400:
                    assert set(documented["content"]) == {"application/problem+json"}
            fields = [parameter["schema"] for parameter in operation.get("parameters", ())]
            assert not [schema for schema in fields if "anyOf" in schema]
    assert "anyOf" not in str(document["components"]["schemas"]["Body_upload"])
    assert upload_answers["202"]["links"]["cancel"]["operationId"] == "cancel"
