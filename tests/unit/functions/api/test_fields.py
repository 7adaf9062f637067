"""Fields that do not exist are refused by name, and messages are in words."""

import re

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.api import fields
from tests.pipeline import Pipeline, csv_of
from tests.unit.functions.api.requests import ONE, check_problem, upload

FIELDS = ("webhook_url", "quality", "format", "max_width", "max_height", "background", "strict")
# Regular expressions, and what Python and Pydantic call things.
TECHNICAL = re.compile(r"\^|\\|\$|\(\?|\[[0-9a-z]|<class|[Pp]attern|UploadFile|Value error|str\b|pydantic")
EACH = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize(
    ("sent", "nearest"),
    [
        ("qualty", "form field quality"),
        ("Quality", "form field quality"),
        ("max-width", "form field max_width"),
        ("width", "form field max_width"),
        ("webhook", "form field webhook_url"),
        ("backgroundColor", "form field background"),
        ("File", "form field file"),
        ("idempotency_key", "header idempotency-key"),
    ],
)
def test_an_unknown_form_field_is_refused_with_the_nearest(
    client: TestClient, pipeline: Pipeline, sent: str, nearest: str
) -> None:
    body = check_problem(upload(client, **{sent: "1"}), 422, "invalid-request")
    assert sent in str(body["detail"])
    assert f"There is no such form field; the nearest is the {nearest}" in str(body["detail"])
    assert body["errors"][0]["field"] == sent  # type: ignore[index]
    assert pipeline.jobs.jobs == {}


def test_a_form_field_in_the_query_is_told_where_it_belongs(client: TestClient) -> None:
    answer = client.post("/upload?quality=80", files={"file": ("a.csv", ONE)})
    detail = str(check_problem(answer, 422, "invalid-request")["detail"])
    assert "quality: There is no such query parameter; the nearest is the form field quality" in detail


@pytest.mark.parametrize(
    ("path", "sent", "nearest"),
    [
        ("/jobs", "limt", "limit"),
        ("/jobs", "states", "state"),
        ("/jobs/{}/rows", "Cursor", "cursor"),
        ("/download/{}", "redirct", "redirect"),
    ],
)
def test_an_unknown_query_parameter_is_refused(
    client: TestClient, pipeline: Pipeline, path: str, sent: str, nearest: str
) -> None:
    path = path.format(upload(client).json()["request_id"])
    pipeline.run()
    detail = str(check_problem(client.get(f"{path}?{sent}=1"), 422, "invalid-request")["detail"])
    assert f"{sent}: There is no such query parameter; the nearest is the query parameter {nearest}" in detail
    assert client.head(f"{path}?{sent}=1").status_code == 422


def test_all_unknown_fields_are_named_but_not_without_end(client: TestClient) -> None:
    body = check_problem(
        client.get("/jobs?" + "&".join(f"x{n}=1" for n in range(500))), 422, "invalid-request"
    )
    assert [error["field"] for error in body["errors"]] == [f"x{n}" for n in range(10)]  # type: ignore[attr-defined]


def test_pages_and_image_links_take_any_query(client: TestClient, pipeline: Pipeline) -> None:
    """Links to images get one from shops and their caches, pages from newsletters."""
    job = pipeline.jobs.get(upload(client).json()["request_id"])
    pipeline.run()
    [row] = pipeline.rows.stream(job.id)
    assert client.get(f"/images/{row.images[0].link}?v=2").status_code == 307
    assert client.get("/?utm_source=x").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/healthz"),
        ("GET", "/columns"),
        ("DELETE", "/columns/x"),
        ("GET", "/jobs"),
        *(
            ("GET", f"/{path}")
            for path in ("status/{}", "jobs/{}", "jobs/{}/rows", "download/{}", "uploads/{}")
        ),
        *(("POST", f"/jobs/{{}}/{path}") for path in ("cancel", "retry", "extend", "webhook/redeliver")),
        ("POST", "/uploads/{}/confirm"),
        ("DELETE", "/jobs/{}"),
    ],
)
def test_every_other_call_refuses_parameters_that_do_not_exist(
    client: TestClient, method: str, path: str
) -> None:
    job_id = upload(client).json()["request_id"]
    body = check_problem(client.request(method, path.format(job_id) + "?statee=x"), 422, "invalid-request")
    assert {"statee"} <= {error["field"] for error in body["errors"]}  # type: ignore[attr-defined]


def test_the_reference_is_in_the_status_and_the_list(client: TestClient) -> None:
    job_id = upload(client, reference="Bestellung № 4711").json()["request_id"]
    job = client.get(f"/jobs/{job_id}")
    assert job.headers["Retry-After"]
    assert job.json() == client.get(f"/status/{job_id}").json() == client.get("/jobs").json()["jobs"][0]
    assert job.json()["reference"] == "Bestellung № 4711"
    assert job.json()["links"]["job"] == f"/jobs/{job_id}"


@pytest.mark.parametrize("wrong", ["a\nb", "a\n", "\x7f", "a\u2028b"])
def test_a_reference_is_one_line(client: TestClient, wrong: str) -> None:
    check_problem(upload(client, reference=wrong), 422, "option")


def test_a_reference_is_bounded(client: TestClient) -> None:
    assert upload(client, reference="x" * 200).status_code == 202
    check_problem(upload(client, reference="x" * 201), 422, "invalid-request")


def test_the_reference_is_part_of_the_request(client: TestClient) -> None:
    key = {"Idempotency-Key": "k"}
    assert upload(client, ONE, key, reference="a").status_code == 202
    check_problem(upload(client, ONE, key, reference="b"), 422, "idempotency-key")


def test_an_invalid_value_in_a_list_is_named_by_its_parameter(client: TestClient) -> None:
    body = check_problem(client.get("/jobs?state=DONE"), 422, "invalid-request")
    assert str(body["detail"]).startswith("state: Input should be 'PENDING'")


@EACH
@given(field=st.sampled_from(FIELDS), value=st.text(max_size=20), as_file=st.booleans())
def test_no_message_has_a_regular_expression_or_a_class(
    client: TestClient, field: str, value: str, *, as_file: bool
) -> None:
    files = {"file": ("a.csv", ONE, "text/csv")}
    part = {field: ("a.txt", value.encode(), "text/plain")} if as_file else {}
    answer = client.post("/upload", files=files | part, data={} if as_file else {field: value})
    if answer.status_code == 202:
        return
    assert answer.status_code == 422
    body = answer.json()
    found = body["detail"].replace(repr(value.partition("?")[0]), "")  # "option" shows what it found
    assert not TECHNICAL.search(found), found
    assert field in found


def test_a_file_that_is_sent_as_text_is_told_so_in_words(client: TestClient) -> None:
    answer = client.post("/upload", files={"file": (None, ONE)})
    body = check_problem(answer, 422, "invalid-request")
    assert str(body["detail"]).startswith("file: Input should be a file, sent with a file name")


def test_rows_keep_the_reason_why_a_url_is_invalid(client: TestClient) -> None:
    urls = [
        "ftp://h/a.jpg",
        "http://u:secret@h/a.jpg",
        "http://h:0/a.jpg",
        "http://[h/a.jpg",
        "n/a",
        "http://h/b.jpg",
    ]
    accepted = upload(client, csv_of(", ".join(urls).replace("n/a, http", "n/a\nhttp"))).json()
    [row] = client.get(f"/jobs/{accepted['request_id']}/rows").json()["rows"]
    details = [image["detail"] for image in row["images"]]
    assert details == [*(warning["message"] for warning in accepted["warnings"]), None]
    assert details[:2] == [
        "This URL cannot be fetched: it does not begin with http:// or https://.",
        "This URL cannot be fetched: it contains a user name or a password.",
    ]
    assert "secret" not in str(details)


def test_rows_say_what_was_repaired_and_show_no_credentials(client: TestClient) -> None:
    accepted = upload(client, csv_of("http://h/a.jpg, www.h.com/b.jpg, =http://u:secret@h.com/c.jpg")).json()
    [row] = client.get(f"/jobs/{accepted['request_id']}/rows").json()["rows"]
    images = [(image["url"], image["written"], image["notes"]) for image in row["images"]]
    assert images == [
        ("http://h/a.jpg", None, []),
        ("https://www.h.com/b.jpg", "www.h.com/b.jpg", ["URL_SCHEME_ADDED"]),
        ("=http://…@h.com/c.jpg", None, []),
    ]
    assert row["cells"][2] == "http://h/a.jpg, www.h.com/b.jpg, =http://u:secret@h.com/c.jpg"
    assert [warning["code"] for warning in accepted["warnings"]] == ["invalid_url"]


def test_a_field_that_is_sent_twice_is_refused(client: TestClient) -> None:
    files = [("file", ("a.csv", ONE)), ("file", ("b.csv", ONE))]
    problem = check_problem(client.post("/upload", files=files), 422, "invalid-request")
    assert problem["errors"] == [
        {"field": "file", "message": "The field was sent more than once; send it once"}
    ]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("quality", "high", "Input should be a whole number from 1 to 100, or auto"),
        ("quality", "50.5", "Input should be a whole number from 1 to 100, or auto"),
        ("strict", "maybe", "Input should be true or false"),
        ("background", "rgb(0, 0, 0)", "Input should be a colour such as #ffffff or #fff"),
    ],
)
def test_messages_are_in_plain_words(client: TestClient, field: str, value: str, message: str) -> None:
    problem = check_problem(upload(client, **{field: value}), 422, "invalid-request")
    assert problem["errors"] == [{"field": field, "message": message}]


def test_only_the_parameters_that_are_reported_are_compared(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = list[str]()

    def message(name: str, *_: object) -> str:
        compared.append(name)
        return name

    monkeypatch.setattr(fields, "_message", message)
    query = "&".join(f"p{number}" for number in range(1_000))
    assert client.get(f"/jobs?{query}").status_code == 422
    assert len(compared) == fields.MAX_REPORTED


def test_a_query_parameter_that_is_sent_twice_is_refused(client: TestClient) -> None:
    """Else the last one would count, and a dry run would become a job."""
    answer = client.post("/upload?dry_run=true&dry_run=false", files={"file": ("a.csv", ONE)})
    problem = check_problem(answer, 422, "invalid-request")
    assert problem["errors"] == [
        {"field": "dry_run", "message": "The field was sent more than once; send it once"}
    ]


def test_a_list_of_states_is_no_repetition(client: TestClient) -> None:
    assert client.get("/jobs?state=PENDING&state=COMPLETED").status_code == 200
