"""Forms that are made to be expensive or to break the parser get a 4xx quickly and in little memory."""

import json
import time
import tracemalloc

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from tests.pipeline import Pipeline
from tests.unit.functions.api.requests import ONE, check_problem

FORM = "multipart/form-data; boundary=x"
FILE = b'--x\r\nContent-Disposition: form-data; name="file"; filename="c.csv"\r\n\r\n' + ONE + b"\r\n"
END = b"--x--\r\n"
MOST_BYTES = 40_000_000  # of Python memory, for a request of 4.5 MB
MOST_SECONDS = 5.0


def send(client: TestClient, body: bytes, content_type: str = FORM) -> Response:
    return client.post("/upload", content=body, headers={"Content-Type": content_type})


def field(name: str, value: bytes, headers: bytes = b"") -> bytes:
    head = f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n'.encode()
    return head + headers + b"\r\n" + value + b"\r\n"


EXPENSIVE = {
    "ten thousand fields": b"".join(field(f"f{n}", b"1") for n in range(10_000)) + FILE,
    "ten thousand files": b"".join(FILE.replace(b"file", b"f%d" % n) for n in range(10_000)),
    "a huge value": field("webhook_url", b"h" * 4_000_000) + FILE,
    "a huge name": field("n" * 1_000_000, b"1") + FILE,
    "a huge part header": field("quality", b"1", b"X-A: " + b"a" * 1_000_000 + b"\r\n") + FILE,
    "many part headers": field("quality", b"1", b"X-A: a\r\n" * 100_000) + FILE,
    "no name": b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n" + FILE,
    "no disposition": b"--x\r\n\r\n1\r\n" + FILE,
    "an end that never comes": FILE,
    "half a boundary": b"--",
    "nothing": b"",
    "boundaries only": b"--x\r\n" * 500_000,
    "a preamble without end": b"\r\n--" * 1_000_000,
}


# Starlette leaves the file of a part that never ends to the garbage collector.
@pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", EXPENSIVE)
def test_an_expensive_form_is_refused_quickly_and_in_little_memory(client: TestClient, name: str) -> None:
    body = EXPENSIVE[name] + (b"" if "end" in name or "half" in name or name == "nothing" else END)
    assert len(body) < 4_500_000
    tracemalloc.start()
    try:
        began = time.perf_counter()
        answer = send(client, body)
        seconds, (_, peak) = time.perf_counter() - began, tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert seconds < MOST_SECONDS
    assert peak < MOST_BYTES


@pytest.mark.parametrize(
    ("fields", "size", "files", "accepted"),
    [(60, 16_384, 10, True), (61, 1, 1, False), (1, 16_385, 1, False), (1, 1, 11, False)],
)
def test_fields_files_and_text_sizes_are_limited(
    client: TestClient, fields: int, size: int, files: int, *, accepted: bool
) -> None:
    body = b"".join(field(f"f{n}", b"1" * size) for n in range(fields)) + FILE * files + END
    answer = send(client, body)
    if accepted:  # by the parser; these fields do not exist
        check_problem(answer, 422, "invalid-request")
    else:
        check_problem(answer, 400, "bad-request")


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        f"multipart/form-data; boundary={'x' * 5000}",
        'multipart/form-data; boundary="',
        "multipart/form-data; boundary=\x80",
        "multipart/form-data; boundary=x; boundary=y",
        "multipart/mixed; boundary=x",
        "multipart/form-data boundary=x",
        "application/x-www-form-urlencoded",
    ],
)
def test_an_invalid_content_type_is_a_4xx(client: TestClient, content_type: str) -> None:
    headers = {b"Content-Type": content_type.encode("latin-1")}
    answer = client.post("/upload", content=FILE + END, headers=headers)
    assert answer.status_code in (400, 415, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "charset", ["punycode", "utf-7", "idna", "undefined", "zlib", "utf-16", "\x00", '"', "x" * 999]
)
def test_another_charset_is_refused_before_anything_is_decoded(client: TestClient, charset: str) -> None:
    body = field("format", b"a-" + b"9" * 16_000) + FILE + END
    answer = send(client, body, f"{FORM}; charset={charset}")
    assert "UTF-8" in str(check_problem(answer, 415, "content-type")["detail"])


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"', "utf8"])
def test_utf_8_is_accepted(client: TestClient, charset: str) -> None:
    assert send(client, FILE + END, f"{FORM}; charset={charset}").status_code == 202


def test_a_nested_form_is_an_unusable_catalogue(client: TestClient) -> None:
    inner = b"--y\r\nContent-Disposition: form-data; name=quality\r\n\r\n1\r\n--y--"
    mixed = b"\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n"
    nested = FILE.replace(ONE, inner).replace(b"\r\n\r\n", mixed, 1)
    check_problem(send(client, nested + END), 422, "catalogue")


def test_an_unknown_field_of_any_length_is_named_shortly(client: TestClient) -> None:
    answer = send(client, field("quality" * 500, b"1") + field("_charset_", b"punycode") + FILE + END)
    body = check_problem(answer, 422, "invalid-request")
    assert "_charset_" in str(body["detail"])
    assert len(str(body)) < 2_000  # each of the two messages lists the names that exist


def test_a_text_field_instead_of_the_file_is_reported(client: TestClient) -> None:
    answer = send(client, field("file", ONE) + END)
    assert "file" in str(check_problem(answer, 422, "invalid-request")["detail"])


def test_a_huge_content_length_is_a_413(client: TestClient) -> None:
    answer = client.post("/upload", content=b"", headers={"Content-Length": "9" * 5000})
    check_problem(answer, 413, "upload-too-large")


def test_a_file_name_that_is_not_utf_8_can_be_stored(client: TestClient, pipeline: Pipeline) -> None:
    answer = send(client, FILE.replace(b"c.csv", b"pr\xe9is\xed\xa0\x80.csv") + END)
    assert answer.status_code == 202
    pipeline.jobs.get(answer.json()["request_id"]).file_name.encode()


def test_a_long_content_type_is_shortened_in_the_answer(client: TestClient) -> None:
    answer = send(client, b"", "text/csv; a=" + "x" * 5_000)
    assert len(str(check_problem(answer, 415, "content-type")["detail"])) < 200


def test_a_form_without_a_file_may_be_url_encoded(client: TestClient) -> None:
    problem = check_problem(client.post("/uploads", data={"size": "none"}), 422, "invalid-request")
    assert problem["errors"] == [{"field": "size", "message": "Input should be a whole number"}]
    answer = client.post("/uploads", content=b"", headers={"Content-Type": "text/plain"})
    detail = str(check_problem(answer, 415, "content-type")["detail"])
    assert detail == "Send the fields as a form or as JSON, not as 'text/plain'."


def test_an_upload_is_announced_in_json_as_in_a_form(client: TestClient, pipeline: Pipeline) -> None:
    columns, renditions = {"images": ["Photo"]}, [{"name": "small", "max_width": 100}, {"name": "large"}]
    fields = {"size": 17, "confirm": True, "upload_name": "café.csv", "sheet": None}
    answer = client.post("/uploads", json={**fields, "columns": columns, "renditions": renditions})
    assert answer.status_code == 201, answer.text
    job = pipeline.jobs.get(answer.json()["request_id"])
    assert job.upload
    assert (job.file_name, job.upload.size, job.upload.confirm) == ("café.csv", 17, True)
    assert [rendition.name for rendition in job.renditions] == ["small", "large"]
    form = {"size": "17", "confirm": "true", "upload_name": "café.csv"}
    form |= {"columns": json.dumps(columns), "renditions": json.dumps(renditions)}
    same = pipeline.jobs.get(client.post("/uploads", data=form).json()["request_id"])
    assert (same.upload, same.renditions) == (job.upload, job.renditions)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "The body is not JSON in UTF-8."),
        (b'{"size": 1', "The body is not JSON in UTF-8."),
        (b'{"size": "\xff"}', "The body is not JSON in UTF-8."),
        (b"[17]", "The body must be a JSON object, with a member for each field."),
        (b'{"upload_name": "\\ud800"}', "The object contains half a surrogate pair."),
        (json.dumps(dict.fromkeys(map(str, range(61)))).encode(), "The object has more than 60 members."),
        (json.dumps({"columns": "x" * 16_384}).encode(), "A member of the object has more than 16384 bytes."),
        (b'{"columns":' + b"[" * 30_000 + b"]" * 30_000 + b"}", "The JSON is nested too deep."),
        (b'{"a":[' + b"{}," * 1_000_000 + b"{}]}", "The body has more than 65536 bytes."),
        (b'{"size": 1, "size": 2}', "The field was sent more than once; send it once"),
        (b'{"size": [1]}', "Input should be a whole number"),
    ],
)
def test_json_that_is_no_form_is_refused(client: TestClient, body: bytes, message: str) -> None:
    answer = client.post("/uploads", content=body, headers={"Content-Type": "application/json"})
    check_problem(answer, 422, "invalid-request")
    assert [error["message"] for error in answer.json()["errors"]] == [message]


@pytest.mark.parametrize("body", [b"--y\r\n", b"--x\r\nA@b: 1\r\n\r\n", b"--x\r\nA: 1\ry"])
def test_no_character_of_a_broken_form_is_logged(
    client: TestClient, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    assert send(client, body).status_code == 400
    assert [record for record in caplog.records if not record.name.startswith("catalight")] == []
