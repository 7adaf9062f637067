"""GET /download in other forms than the result was written in."""

from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from catalight.domain.errors import ResultError, ResultErrorCode
from catalight.domain.job import export
from catalight.domain.job.export import AT_ONCE, ZIPS_AT_ONCE
from catalight.domain.job.job import Job
from catalight.domain.job.result_form import RequestedResult, ResultFormat
from catalight.domain.messages import WriteExport
from tests.exporting import Exporting, files
from tests.pipeline import MISSING, Pipeline
from tests.unit.functions.api.requests import check_problem

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def exporting(pipeline: Pipeline) -> Exporting:
    pipeline.hosts["http://h/b.jpg"] = MISSING
    return Exporting(pipeline=pipeline)


@pytest.fixture
def job(exporting: Exporting) -> Job:
    return exporting.a_job("http://h/a.jpg", "http://h/b.jpg", "")


def sent(exporting: Exporting) -> list[str]:
    return [message.form for message, _ in exporting.queue.sent if isinstance(message, WriteExport)]


def ask(client: TestClient, job: Job, query: str = "", accept: str | None = None) -> httpx2.Response:
    headers = {} if accept is None else {"Accept": accept}
    return client.get(f"/download/{job.id}{query}", headers=headers)


@pytest.mark.parametrize(
    ("query", "accept"),
    [
        ("", None),
        ("", "*/*"),
        ("", "application/json"),
        ("", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        ("", "application/zip;q=0.5, application/json"),
        ("", "application/zip;q=0"),
        ("", "application/zip;q=nonsense"),
        ("", "nonsense"),
        ("", "text/csv"),
        ("?format=csv", XLSX),
        ("?format=csv&result=append&failed=empty&rows=all&result_encoding=utf-8", None),
    ],
)
def test_the_form_that_was_written_is_answered_at_once(
    client: TestClient, exporting: Exporting, job: Job, query: str, accept: str | None
) -> None:
    answer = ask(client, job, query, accept)
    assert (answer.status_code, answer.headers["Location"]) == (307, f"memory:results/{job.id}/1.csv")
    assert exporting.exports.exports == {}


@pytest.mark.parametrize(
    ("query", "accept", "form"),
    [
        ("?format=zip", None, "zip"),
        ("", "application/zip", "zip"),
        ("", "application/zip, */*;q=0.1", "zip"),
        ("", f"text/csv;q=0.1, {XLSX};q=0.9", "xlsx"),
        ("?format=jsonl", "application/zip", "jsonl"),
        ("", "application/x-ndjson", "jsonl"),
        ("", "application/jsonl", "jsonl"),
        ("?rows=failed", None, "failed-csv"),
        ("?result=replace&failed=empty&result_encoding=input", None, "replace-empty-input-csv"),
        ("?format=xlsx&failed=empty&result_encoding=input", None, "xlsx"),
    ],
)
def test_another_form_is_asked_for(
    client: TestClient, exporting: Exporting, job: Job, query: str, accept: str | None, form: str
) -> None:
    answer = ask(client, job, query, accept)
    total = 1 if form == "zip" else 3
    body = {"status": "PREPARING", "done": 0, "total": total, "retry_after": 2}
    assert (answer.status_code, answer.json()) == (202, body)
    assert answer.headers["Retry-After"] == "2"
    assert sent(exporting) == [form]


@pytest.mark.parametrize(
    ("query", "form"),
    [
        ("?rows=failed", "failed-csv"),
        ("?result=replace", "replace-csv"),
        ("?format=csv&rows=failed", "failed-csv"),
        ("?format=csv", None),
        ("", None),
    ],
)
def test_what_is_left_out_is_as_the_result_was_written(
    client: TestClient, exporting: Exporting, query: str, form: str | None
) -> None:
    """It was to be a workbook, which does not hold a cell of it, so it is a CSV."""
    asked = RequestedResult(ResultFormat.XLSX)
    job = exporting.pipeline.start("http://h/a.jpg", "http://h/" + "a" * 40_000, result=asked)
    exporting.pipeline.run()
    if form:
        assert ask(client, job, query).status_code == 202
        assert sent(exporting) == [form]
        exporting.handle()
    answer = ask(client, job, query)
    name = f"1-{form.replace('-csv', '.csv')}" if form else "1.csv"
    assert (answer.status_code, answer.headers["Location"]) == (307, f"memory:results/{job.id}/{name}")


@pytest.mark.parametrize(
    ("query", "form"), [("?rows=failed", "failed-csv"), ("?rows=failed&format=jsonl", "failed-jsonl")]
)
def test_the_failed_rows_of_json_lines_are_a_csv_that_can_be_sent_again(
    client: TestClient, exporting: Exporting, query: str, form: str
) -> None:
    job = exporting.pipeline.start("http://h/b.jpg", result=RequestedResult(ResultFormat.JSONL))
    exporting.pipeline.run()
    assert ask(client, job, query).status_code == 202
    assert sent(exporting) == [form]


def test_a_zip_is_linked_once_it_is_there(client: TestClient, exporting: Exporting, job: Job) -> None:
    for _ in range(3):  # the message is on its way
        assert ask(client, job, "?format=zip").status_code == 202
    assert exporting.handle() == 1
    answer = ask(client, job, "?format=zip")
    key = f"results/{job.id}/1.zip"
    assert (answer.status_code, answer.headers["Location"]) == (307, f"memory:{key}")
    link = ask(client, job, "?format=zip&redirect=false").json()
    assert link == {"url": f"memory:{key}", "expires_at": "2026-01-01T01:00:00Z"}
    written = exporting.pipeline.result(job).encode()
    assert files(exporting.store.objects[key]) == {"c-catalight.csv": written, "a.jpg": b"http://"}
    assert exporting.handle() == 0


def test_head_starts_nothing(client: TestClient, exporting: Exporting, job: Job) -> None:
    answer = client.head(f"/download/{job.id}?format=zip")
    assert (answer.status_code, answer.content, answer.headers["Retry-After"]) == (202, b"", "2")
    assert (exporting.exports.exports, sent(exporting)) == ({}, [])
    ask(client, job, "?format=zip")
    exporting.handle()
    answer = client.head(f"/download/{job.id}?format=zip")
    assert (answer.status_code, answer.headers["Location"][-5:]) == (307, "?HEAD")


def test_failed_rows_alone(client: TestClient, exporting: Exporting, job: Job) -> None:
    ask(client, job, "?rows=failed")
    exporting.handle()
    assert ask(client, job, "?rows=failed").status_code == 307
    lines = exporting.store.objects[f"results/{job.id}/1-failed.csv"].decode().splitlines()
    assert [line.split(",")[0] for line in lines] == ["Serial Number", "2"]


def test_a_form_that_cannot_be_written_is_remembered_as_failed(
    client: TestClient, exporting: Exporting, job: Job
) -> None:
    def refuse(*_: object) -> Any:
        detail = "Row 7, column Description: 40,000 characters; a cell holds 32,767."
        raise ResultError(ResultErrorCode.CELL_TOO_LONG, detail)

    exporting.write_result = refuse
    assert ask(client, job, "?format=xlsx").status_code == 202
    exporting.handle()
    for _ in range(2):
        answer = ask(client, job, "?format=xlsx")
        check_problem(answer, 422, "result-form")
        assert answer.json()["detail"].startswith("Row 7, column Description")
        exporting.clock.forward(10_000)
    assert exporting.handle() == 0
    check_problem(client.get(f"/download/{job.id}?format=xlsx&redirect=false"), 422, "result-form")


def test_an_export_that_was_given_up_says_when_to_try_again(
    client: TestClient, exporting: Exporting, job: Job
) -> None:
    ask(client, job, "?format=zip")
    claimed = exporting.exports.claim(exporting.find(job).id, exporting.clock(), exporting.clock())
    assert claimed
    exporting.exports.fail(claimed, None, exporting.clock())
    answer = ask(client, job, "?format=zip")
    check_problem(answer, 503, "export-stopped")
    assert answer.headers["Retry-After"] == "60"
    exporting.clock.forward(60)
    assert ask(client, job, "?format=zip").status_code == 202
    exporting.handle()
    assert ask(client, job, "?format=zip").status_code == 307


@pytest.mark.parametrize(
    "query",
    ["format=zip&result=replace", "format=zip&rows=failed", "format=zip&result_encoding=input", "format=pdf"],
)
def test_what_does_not_go_together_is_refused(client: TestClient, job: Job, query: str) -> None:
    problem = ask(client, job, f"?{query}").json()
    assert problem["status"] == 422
    assert query.partition("&")[2].partition("=")[0] in problem["detail"]


def test_a_running_job_has_no_other_forms_either(client: TestClient, exporting: Exporting) -> None:
    job = exporting.pipeline.start("http://h/a.jpg")
    check_problem(ask(client, job, "?format=zip"), 409, "job-not-finished")


def test_an_owner_has_a_few_exports_written_at_once_and_the_others_wait_for_their_turn(
    client: TestClient, exporting: Exporting
) -> None:
    jobs = [exporting.a_job("http://h/a.jpg") for _ in range(AT_ONCE + 2)]

    def poll() -> list[int]:
        return [ask(client, job, "?format=jsonl").status_code for job in jobs]

    assert poll() == [202] * len(jobs)
    assert poll() == [202] * len(jobs)
    for job in jobs[:2]:  # ZIPs count by themselves
        assert ask(client, job, "?format=zip").status_code == 202
    assert exporting.handle() == AT_ONCE + ZIPS_AT_ONCE
    assert poll() == [307] * AT_ONCE + [202] * 2
    assert exporting.handle() == 2
    assert poll() == [307] * len(jobs)


def test_if_the_message_is_not_sent_the_next_request_sends_it(
    client: TestClient, exporting: Exporting, job: Job
) -> None:
    exporting.queue.down = True
    assert ask(client, job, "?format=zip").status_code == 202
    exporting.queue.down = False
    assert ask(client, job, "?format=zip").status_code == 202
    assert sent(exporting) == ["zip"]


def test_if_the_message_is_lost_a_later_request_sends_it_again(
    client: TestClient, exporting: Exporting, job: Job
) -> None:
    ask(client, job, "?format=zip")
    exporting.queue.take()
    exporting.clock.forward(export.ASKED.total_seconds() - 1)
    ask(client, job, "?format=zip")
    assert sent(exporting) == []
    exporting.clock.forward(1)
    ask(client, job, "?format=zip")
    assert sent(exporting) == ["zip"]


def test_after_a_retry_the_zip_is_that_of_the_new_run(
    client: TestClient, exporting: Exporting, job: Job
) -> None:
    ask(client, job, "?format=zip")
    exporting.handle()
    ask(client, job, "?rows=failed")
    del exporting.pipeline.hosts["http://h/b.jpg"]
    exporting.pipeline.retry_job(job.id)
    check_problem(ask(client, job, "?format=zip"), 409, "job-not-finished")
    exporting.pipeline.run()
    assert exporting.handle() == 1  # of the first run: dropped
    assert ask(client, job, "?format=zip").status_code == 202
    exporting.handle()
    names = list(files(exporting.store.objects[f"results/{job.id}/2.zip"]))
    assert names == ["c-catalight.csv", "a.jpg", "b.jpg"]
    assert f"results/{job.id}/1-failed.csv" not in exporting.store.objects
    assert (
        f"results/{job.id}/1.zip" not in exporting.store.objects
    )  # it was ready: nobody can ask for it any more


def test_a_result_that_has_been_removed_is_gone(client: TestClient, exporting: Exporting, job: Job) -> None:
    ask(client, job, "?format=zip")
    exporting.handle()
    exporting.store.objects.clear()
    check_problem(ask(client, job, "?format=zip"), 410, "result-expired")
