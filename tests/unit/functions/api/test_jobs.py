"""The routes under /jobs."""

from base64 import urlsafe_b64encode

import pytest
from fastapi.testclient import TestClient

from catalight.domain.job.job import JobState
from tests.pipeline import MISSING, Pipeline, csv_of
from tests.unit.functions.api.requests import check_problem, upload

EARLY = urlsafe_b64encode(b'["0001-01-01T00:00:00+14:00","x"]').decode()  # before the earliest date of Python
LONE = urlsafe_b64encode(b'["2026-01-01T00:00:00","\\ud800"]').decode()  # a lone surrogate
DEEP = urlsafe_b64encode(b"[" * 40_000).decode()  # nested too deeply for the parser
HOOK = "https://shop.test/hook"


@pytest.fixture
def request_id(client: TestClient, pipeline: Pipeline) -> str:
    """A job with three images, one of them not found, and one invalid URL."""
    pipeline.hosts["http://h/b.png"] = MISSING
    data = csv_of("http://h/a.png http://h/b.png", "http://h/c.png", "", "http://u:p@h/")
    accepted: dict[str, str] = upload(client, data, webhook_url=HOOK).json()
    return accepted["request_id"]


class TestCancel:
    def test_a_cancelled_job_ends_with_its_results_so_far(
        self, client: TestClient, pipeline: Pipeline, request_id: str
    ) -> None:
        answer = client.post(f"/jobs/{request_id}/cancel")
        assert (answer.status_code, answer.json()["status"]) == (202, "PROCESSING")
        pipeline.run()
        status = client.get(f"/status/{request_id}").json()
        assert (status["status"], status["errors"]) == ("CANCELLED", {"cancelled": 3, "invalid_url": 1})
        assert "job.cancelled" in pipeline.delivered[0][2]
        assert "cancelled" in pipeline.result(pipeline.jobs.get(request_id))

    def test_cancelling_is_idempotent(self, client: TestClient, request_id: str) -> None:
        answers = [client.post(f"/jobs/{request_id}/cancel") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [202, 202]

    def test_cancelling_a_finishing_or_ended_job_is_a_conflict(
        self, client: TestClient, pipeline: Pipeline, request_id: str
    ) -> None:
        for message, _ in pipeline.image_queue.take():
            pipeline.process(message)  # type: ignore[arg-type]
        assert pipeline.jobs.get(request_id).state is JobState.FINISHING
        check_problem(client.post(f"/jobs/{request_id}/cancel"), 409, "job-ended")
        pipeline.run()
        body = check_problem(client.post(f"/jobs/{request_id}/cancel"), 409, "job-ended")
        assert "COMPLETED" in str(body["detail"])


class TestRetry:
    def test_failed_images_are_processed_again(
        self, client: TestClient, pipeline: Pipeline, request_id: str
    ) -> None:
        pipeline.run()
        del pipeline.hosts["http://h/b.png"]
        answer = client.post(f"/jobs/{request_id}/retry")
        assert (answer.status_code, answer.json()["run"]) == (202, 2)
        assert answer.headers["Location"] == f"/status/{request_id}"
        pipeline.run()
        status = client.get(f"/status/{request_id}").json()
        assert (status["status"], status["images"]) == ("COMPLETED", {"total": 4, "done": 3, "failed": 1})
        assert client.get(f"/download/{request_id}").headers["Location"].endswith("/2.csv")

    def test_retrying_a_running_job_is_a_conflict(self, client: TestClient, request_id: str) -> None:
        answer = client.post(f"/jobs/{request_id}/retry")
        check_problem(answer, 409, "job-not-finished")
        assert int(answer.headers["Retry-After"]) > 0


class TestDelete:
    def test_the_job_is_gone_at_once_and_its_data_later(
        self, client: TestClient, pipeline: Pipeline, request_id: str
    ) -> None:
        pipeline.run()
        assert client.delete(f"/jobs/{request_id}").status_code == 204
        for method, path in [("GET", "status"), ("GET", "download")]:
            check_problem(client.request(method, f"/{path}/{request_id}"), 410, "job-gone")
        check_problem(client.delete(f"/jobs/{request_id}"), 410, "job-gone")
        check_problem(client.get(f"/jobs/{request_id}/rows"), 410, "job-gone")
        assert client.get("/jobs").json()["jobs"] == []
        pipeline.run()
        assert pipeline.store.objects == {}

    def test_a_running_job_can_be_deleted(
        self, client: TestClient, pipeline: Pipeline, request_id: str
    ) -> None:
        assert client.delete(f"/jobs/{request_id}").status_code == 204
        pipeline.run()
        assert pipeline.fetched == []


class TestRedeliver:
    def test_the_webhook_is_called_again_with_the_same_id(
        self, client: TestClient, pipeline: Pipeline, request_id: str
    ) -> None:
        pipeline.run()
        answer = client.post(f"/jobs/{request_id}/webhook/redeliver")
        assert (answer.status_code, answer.json()["webhook"]["state"]) == (202, "PENDING")
        pipeline.run()
        assert len(pipeline.delivered) == 2
        assert len({webhook_id for _, webhook_id, _ in pipeline.delivered}) == 1
        webhook = client.get(f"/status/{request_id}").json()["webhook"]
        assert (webhook["state"], len(webhook["attempts"])) == ("DELIVERED", 2)

    def test_a_second_one_within_the_pause_is_a_429(
        self, client: TestClient, pipeline: Pipeline, request_id: str
    ) -> None:
        pipeline.run()
        assert client.post(f"/jobs/{request_id}/webhook/redeliver").status_code == 202
        answer = client.post(f"/jobs/{request_id}/webhook/redeliver")
        check_problem(answer, 429, "redelivery")
        assert answer.headers["Retry-After"] == "60"
        pipeline.clock.forward(60)
        assert client.post(f"/jobs/{request_id}/webhook/redeliver").status_code == 202

    def test_a_running_job_and_one_without_a_webhook_are_conflicts(
        self, client: TestClient, request_id: str
    ) -> None:
        check_problem(client.post(f"/jobs/{request_id}/webhook/redeliver"), 409, "job-not-finished")
        other = upload(client).json()["request_id"]
        check_problem(client.post(f"/jobs/{other}/webhook/redeliver"), 409, "no-webhook")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "cancel"),
        ("POST", "retry"),
        ("DELETE", ""),
        ("GET", "rows"),
        ("POST", "extend?days=9"),
        ("POST", "webhook/redeliver"),
    ],
)
def test_an_unknown_job_is_not_found(client: TestClient, method: str, path: str) -> None:
    check_problem(client.request(method, f"/jobs/nonsense/{path}".rstrip("/")), 404, "job-not-found")


class TestLists:
    def test_jobs_are_listed_newest_first_in_pages(self, client: TestClient, pipeline: Pipeline) -> None:
        ids = []
        for _ in range(5):
            ids.append(upload(client).json()["request_id"])
            pipeline.clock.forward(1)
        seen, cursor = [], ""
        while cursor is not None:
            page = client.get(f"/jobs?limit=2{cursor and '&cursor='}{cursor}").json()
            seen += [job["request_id"] for job in page["jobs"]]
            cursor = page["next"]
        assert seen == ids[::-1]

    def test_jobs_can_be_filtered_by_state(
        self, client: TestClient, pipeline: Pipeline, request_id: str
    ) -> None:
        pipeline.run()
        running = upload(client).json()["request_id"]
        client.post(f"/jobs/{running}/cancel")

        def ids(query: str) -> list[str]:
            return [job["request_id"] for job in client.get(f"/jobs?{query}").json()["jobs"]]

        assert ids("state=COMPLETED") == [request_id]
        assert ids("state=PROCESSING") == [running]
        assert len(ids("state=PROCESSING&state=COMPLETED")) == 2

    def test_rows_report_the_outcome_of_their_images(
        self, client: TestClient, pipeline: Pipeline, request_id: str
    ) -> None:
        pipeline.run()
        body = client.get(f"/jobs/{request_id}/rows").json()
        assert [(row["row"], row["state"]) for row in body["rows"]] == [
            (1, "PARTIAL"),
            (2, "DONE"),
            (3, "EMPTY"),
            (4, "FAILED"),
        ]
        assert body["product"] == 1  # Product Name
        done, missing = body["rows"][0]["images"]
        assert (done["format"], done["source"]) == ("jpeg", {"format": "png", "width": 4, "height": 2})
        assert done["milliseconds"] == {"fetch": 0, "decode": 3, "resize": 2, "encode": 1, "store": 0}
        assert (missing["format"], missing["source"], missing["milliseconds"]) == (None, None, None)
        assert done["output_url"] in pipeline.result(pipeline.jobs.get(request_id))
        assert (done["kept"], missing["kept"]) == (False, False)
        assert (missing["error"], missing["detail"]) == ("not_found", "The host answered 404.")
        assert body["next"] is None

    def test_rows_are_listed_in_pages_and_filtered_by_state(
        self, client: TestClient, pipeline: Pipeline, request_id: str
    ) -> None:
        pipeline.run()
        first = client.get(f"/jobs/{request_id}/rows?state=FAILED&state=PARTIAL&limit=1").json()
        assert [row["row"] for row in first["rows"]] == [1]
        path = f"/jobs/{request_id}/rows?state=FAILED&state=PARTIAL&limit=1&cursor={first['next']}"
        assert [row["row"] for row in client.get(path).json()["rows"]] == [4]

    def test_pages_of_a_state_end_after_so_many_rows_and_together_have_all(
        self, client: TestClient, pipeline: Pipeline, request_id: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("functions.api.jobs.LOOKED_AT", 1)
        pipeline.run()
        pages, cursor = [], ""
        while cursor is not None:
            body = client.get(f"/jobs/{request_id}/rows?state=FAILED&state=PARTIAL&cursor={cursor}").json()
            pages.append([row["row"] for row in body["rows"]])
            cursor = body["next"]
        assert pages == [[1], [], [], [4]]

    def test_a_page_never_exceeds_the_response_size_of_lambda(
        self, client: TestClient, pipeline: Pipeline
    ) -> None:
        cell = " ".join(f"http://h/{n}/{'x' * 400}.jpg" for n in range(100))
        request_id = upload(client, csv_of(*[cell] * 60)).json()["request_id"]
        seen, cursor, pages = [], "", 0
        while cursor is not None:
            answer = client.get(f"/jobs/{request_id}/rows?limit=200{cursor and '&cursor='}{cursor}")
            assert len(answer.content) < 3_000_000
            seen += [row["row"] for row in answer.json()["rows"]]
            cursor = answer.json()["next"]
            pages += 1
        assert seen == list(range(1, 61))
        assert pages > 1

    def test_a_short_row_is_listed_with_all_of_its_cells(self, client: TestClient) -> None:
        data = b"Serial Number,Product Name,Input Image Urls,a,b\n1,P,http://h/a.png\n"
        request_id = upload(client, data).json()["request_id"]
        [row] = client.get(f"/jobs/{request_id}/rows").json()["rows"]
        assert row["cells"] == ["1", "P", "http://h/a.png", "", ""]

    def test_a_password_in_a_url_is_not_shown(
        self, client: TestClient, pipeline: Pipeline, request_id: str
    ) -> None:
        rows = client.get(f"/jobs/{request_id}/rows?state=FAILED").json()["rows"]
        assert "u:p" not in str(rows[0]["images"])

    @pytest.mark.parametrize("path", ["/jobs", "/jobs/{}/rows"])
    def test_an_empty_cursor_gives_the_first_page(
        self, client: TestClient, request_id: str, path: str
    ) -> None:
        first = client.get(path.format(request_id))
        assert client.get(path.format(request_id) + "?cursor=").json() == first.json()

    @pytest.mark.parametrize(
        "cursor", ["nonsense", "e30", "WzFd", "bnVsbA", "äöü", "x" * 100, EARLY, LONE, DEEP]
    )
    @pytest.mark.parametrize("path", ["/jobs", "/jobs/{}/rows"])
    def test_an_invalid_cursor_is_refused(
        self, client: TestClient, request_id: str, path: str, cursor: str
    ) -> None:
        answer = client.get(path.format(request_id), params={"cursor": cursor})
        assert check_problem(answer, 422, "option")["field"] == "cursor"

    @pytest.mark.parametrize("query", ["limit=0", "limit=201", "state=nonsense"])
    def test_query_parameters_are_validated(self, client: TestClient, request_id: str, query: str) -> None:
        check_problem(client.get(f"/jobs?{query}"), 422, "invalid-request")
        check_problem(client.get(f"/jobs/{request_id}/rows?{query}"), 422, "invalid-request")
