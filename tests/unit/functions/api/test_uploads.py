"""/upload and /columns: what a file is understood as, columns that are remembered, and files by their URL."""

import gzip
import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from catalight.domain.errors import ImageError
from catalight.domain.errors import ImageErrorCode as Code
from catalight.domain.job import links
from catalight.domain.job.result_form import CLASSIC, ResultForm, ResultFormat
from functions.api.app import app
from functions.api.services import services
from tests.pipeline import MISSING, Pipeline, csv_of
from tests.results import sheets_of
from tests.unit.adapters.tables.test_reader import workbook
from tests.unit.functions.api.requests import ONE, check_problem, upload

SHOPIFY = (
    b"Handle,Title,Variant SKU,Image Src,Variant Image\n"
    b"tea,Tea,T1,http://h/a.jpg,http://h/b.jpg\n"
    b"tea,,,http://h/c.jpg,\n"
)
PHOTOS = b"Code;Description;Front;Back\n1;Tea;http://h/a.jpg;http://h/b.jpg\n"
FRONT = json.dumps({"images": ["Front"]})
KEY = {"Idempotency-Key": "k"}
FEED = "https://supplier.test/feeds/products.csv?token=s3cret"


def dry_run(client: TestClient, data: bytes, headers: dict[str, str] | None = None, /, **fields: str) -> Any:
    sent = {"file": ("products.csv", data, "text/csv")}
    answer = client.post("/upload?dry_run=true", files=sent, data=fields, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def send(client: TestClient, query: str = "", /, **fields: str) -> Response:
    """Send a form without a file."""
    return client.post(f"/upload{query}", files={name: (None, value) for name, value in fields.items()})


class TestUnderstood:
    def test_a_classic_file_is_said_to_be_one(self, client: TestClient) -> None:
        assert upload(client).json()["understood"] == {
            "format": "csv",
            "gzipped": False,
            "encoding": "utf-8",
            "delimiter": ",",
            "sheet": None,
            "sheets": [],
            "header_row": 1,
            "columns": {
                "images": ["Input Image Urls"],
                "serial": "Serial Number",
                "name": "Product Name",
                "outputs": ["Output Image Urls"],
                "reason": "classic",
                "program": None,
            },
        }

    def test_the_export_of_a_shop_is_taken_and_named(self, client: TestClient, pipeline: Pipeline) -> None:
        body = upload(client, SHOPIFY).json()
        assert (body["rows"], body["images"]) == (2, 3)
        assert body["understood"]["columns"] == {
            "images": ["Image Src", "Variant Image"],
            "serial": "Variant SKU",
            "name": "Title",
            "outputs": ["Output Image Src", "Output Variant Image"],
            "reason": "layout",
            "program": "Shopify",
        }
        assert pipeline.jobs.get(body["request_id"]).outputs == ("Output Image Src", "Output Variant Image")

    def test_columns_and_the_header_row_can_be_named(self, client: TestClient) -> None:
        data = b"Products,Front\nof May,http://h/x.jpg\n" + PHOTOS.replace(b";", b",")
        named = upload(client, data, header_row="3", columns=FRONT).json()["understood"]
        assert named["header_row"] == 3
        assert (named["columns"]["images"], named["columns"]["reason"]) == (["Front"], "requested")

    @pytest.mark.parametrize("columns", ["Front", '{"image": ["Front"]}', "[" * 9_000])
    def test_wrong_columns_are_refused_with_the_right_form(self, client: TestClient, columns: str) -> None:
        body = check_problem(upload(client, PHOTOS, columns=columns), 422, "option")
        assert body["field"] == "columns"
        assert '{"images": ["Image 1", "Image 2"]' in str(body["detail"])
        answer = client.post("/upload?dry_run=true", files={"file": ("a.csv", PHOTOS)}, data={"columns": "x"})
        check_problem(answer, 422, "option")

    @pytest.mark.parametrize("row", ["0", "1001", "one"])
    def test_a_header_row_is_a_number_from_1_to_1000(self, client: TestClient, row: str) -> None:
        check_problem(upload(client, header_row=row), 422, "invalid-request")


class TestRemembered:
    def test_named_columns_are_used_for_the_next_file_with_the_header(self, client: TestClient) -> None:
        upload(client, PHOTOS, columns=FRONT)
        again = upload(client, PHOTOS.replace(b"Tea", b"Pot")).json()["understood"]["columns"]
        assert (again["images"], again["reason"]) == (["Front"], "remembered")
        assert upload(client).json()["understood"]["columns"]["reason"] == "classic"

    def test_they_are_listed_and_forgotten(self, client: TestClient, pipeline: Pipeline) -> None:
        upload(client, PHOTOS, columns=FRONT)
        pipeline.clock.forward(60)
        upload(client, PHOTOS)
        [known] = client.get("/columns").json()["columns"]
        assert known.pop("id") == next(iter(pipeline.column_memory.owners[""]))
        assert known == {
            "images": ["Front"],
            "serial": None,
            "name": None,
            "header": ["Code", "Description", "Front", "Back"],
            "chosen_at": "2026-01-01T00:00:00Z",
            "used_at": "2026-01-01T00:01:00Z",
        }
        columns_id = next(iter(pipeline.column_memory.owners[""]))
        assert client.delete(f"/columns/{columns_id}").status_code == 204
        check_problem(client.delete(f"/columns/{columns_id}"), 404, "columns-not-found")
        assert client.get("/columns").json() == {"columns": []}
        assert upload(client, PHOTOS).json()["understood"]["columns"]["reason"] == "content"

    def test_a_dry_run_uses_them_and_remembers_none(self, client: TestClient, pipeline: Pipeline) -> None:
        dry_run(client, PHOTOS, columns=FRONT)
        assert client.get("/columns").json() == {"columns": []}
        upload(client, PHOTOS, columns=FRONT)
        pipeline.clock.forward(60)
        assert dry_run(client, PHOTOS)["understood"]["columns"]["reason"] == "remembered"
        [known] = client.get("/columns").json()["columns"]
        assert known["used_at"] == "2026-01-01T00:00:00Z"

    def test_a_refused_file_leaves_nothing_in_memory(self, client: TestClient) -> None:
        check_problem(upload(client, PHOTOS, columns='{"images": ["Side"]}'), 422, "catalogue")
        assert client.get("/columns").json() == {"columns": []}

    def test_an_outage_of_the_memory_is_a_503(self, client: TestClient, pipeline: Pipeline) -> None:
        pipeline.column_memory.down = True
        check_problem(upload(client), 503, "unavailable")
        check_problem(client.get("/columns"), 503, "unavailable")

    def test_it_is_read_once_for_each_file(self, client: TestClient, pipeline: Pipeline) -> None:
        upload(client, ONE, KEY)
        assert pipeline.column_memory.finds == 1


class TestDryRun:
    def test_it_says_what_would_become_of_the_file(self, client: TestClient, pipeline: Pipeline) -> None:
        data = SHOPIFY + b"pot,Pot,T2,www.h/d.jpg n/a,http://other/e.jpg\n" + b"pot,,,http://h/a.jpg,\n"
        body = dry_run(client, data)
        assert body["accepted"]
        assert body["understood"]["columns"]["program"] == "Shopify"
        assert body["header"] == ["Handle", "Title", "Variant SKU", "Image Src", "Variant Image"]
        assert (body["rows"], body["images"], body["distinct_urls"]) == (4, 6, 4)
        assert body["hosts"] == [{"host": "h", "images": 4}, {"host": "other", "images": 1}]
        assert body["hosts_total"] == 2
        assert [warning["code"] for warning in body["warnings"]] == ["invalid_url"]
        assert (body["warnings_total"], body["problems"], body["problems_total"]) == (1, [], 0)
        assert body["first_rows"][0] == {
            "line": 2,
            "cells": ["tea", "Tea", "T1", "http://h/a.jpg", "http://h/b.jpg"],
            "images": [
                {"url": f"http://h/{name}.jpg", "fault": None, "written": None, "notes": [], "column": column}
                for name, column in (("a", "Image Src"), ("b", "Variant Image"))
            ],
        }
        faulty, _ = body["first_rows"][2]["images"]
        assert faulty["fault"]
        assert not pipeline.jobs.jobs
        assert not pipeline.rows.rows

    def test_repairs_are_shown(self, client: TestClient) -> None:
        [row] = dry_run(client, csv_of("www.h.test/a.jpg"))["first_rows"]
        assert row["images"] == [
            {
                "url": "https://www.h.test/a.jpg",
                "fault": None,
                "written": "www.h.test/a.jpg",
                "notes": ["URL_SCHEME_ADDED"],
                "column": "Input Image Urls",
            }
        ]

    def test_it_ignores_the_idempotency_key(self, client: TestClient) -> None:
        upload(client, ONE, KEY)
        assert dry_run(client, PHOTOS, KEY)["accepted"]
        assert upload(client, ONE, KEY).status_code == 202

    def test_long_cells_and_wide_files_are_shortened(self, client: TestClient) -> None:
        header = ",".join(["Serial Number,Product Name,Input Image Urls", *map(str, range(5_000))])
        body = dry_run(client, f"{header}\n1,{'t' * 9_000},http://h/a.jpg\n".encode())
        assert len(body["header"]) == len(body["first_rows"][0]["cells"]) == 100
        assert len(body["first_rows"][0]["cells"][1]) == 80

    def test_a_wrong_field_is_refused_as_ever(self, client: TestClient) -> None:
        file = {"file": ("a.csv", ONE)}
        check_problem(
            client.post("/upload?dry_run=1", files=file, data={"colums": "x"}), 422, "invalid-request"
        )
        check_problem(client.post("/upload?dryrun=1", files=file), 422, "invalid-request")
        check_problem(client.post("/upload?dry_run=perhaps", files=file), 422, "invalid-request")

    @pytest.mark.parametrize("strict", ["false", "true"])
    @pytest.mark.parametrize(
        "data",
        [
            ONE,
            SHOPIFY,
            PHOTOS,
            csv_of("http://h/a.png, n/a"),
            csv_of("n/a"),
            csv_of("http://h/a.png") + b"2;Pot;http://h/b.png\n",
            csv_of("http://h/a.png") + b"2,Pot,http://h/b.png,x\n",
            "Näme;Bild\nTee;http://h/ä.jpg\n".encode(),
            "Bild\nhttp://h/a.jpg\n".encode("utf-16"),
            b"a,b\n1,2\n",
            b"Serial Number,Product Name,Input Image Urls\n",
            b"<html>",
            b"PK\x03\x04",
            b"\xff",
            b"",
        ],
    )
    def test_it_says_the_same_as_an_upload(self, client: TestClient, data: bytes, strict: str) -> None:
        """The corpus in tests/corpora/catalogues holds this for every file in it."""
        said, done = dry_run(client, data, strict=strict), upload(client, data, strict=strict)
        if said["accepted"]:
            assert done.status_code == 202
            for name in ("understood", "rows", "images", "warnings", "warnings_total"):
                assert said[name] == done.json()[name]
        else:
            body = check_problem(done, 422, "catalogue")
            assert (said["problems"], said["problems_total"]) == (body["problems"], body["problems_total"])


class TestFileUrl:
    def test_a_file_is_fetched(self, client: TestClient, pipeline: Pipeline) -> None:
        pipeline.hosts[FEED] = SHOPIFY
        answer = send(client, file_url=FEED)
        assert answer.status_code == 202, answer.text
        job = pipeline.jobs.get(answer.json()["request_id"])
        assert (job.file_name, job.images) == ("products.csv", 3)
        assert send(client, "?dry_run=true", file_url=FEED).json()["accepted"]

    @pytest.mark.parametrize(
        ("url", "download", "name"),
        [
            (
                "https://docs.google.com/spreadsheets/d/abc/edit#gid=0",
                "https://docs.google.com/spreadsheets/d/abc/export?format=xlsx&gid=0",
                "catalogue.csv",
            ),
            (
                "https://www.dropbox.com/s/abc/M%C3%A4rz.csv?dl=0",
                "https://www.dropbox.com/s/abc/M%C3%A4rz.csv?dl=1",
                "März.csv",
            ),
        ],
    )
    def test_share_links_become_downloads(
        self, client: TestClient, pipeline: Pipeline, url: str, download: str, name: str
    ) -> None:
        pipeline.hosts[download] = ONE
        job = pipeline.jobs.get(send(client, file_url=url).json()["request_id"])
        assert job.file_name == name

    def test_a_form_has_exactly_one_file(self, client: TestClient) -> None:
        for answer in (send(client, quality="50"), upload(client, ONE, file_url=FEED)):
            body = check_problem(answer, 422, "invalid-request")
            assert "`file`, or its URL in `file_url`" in str(body["detail"])

    @pytest.mark.parametrize("url", ["ftp://h/a.csv?s3cret", "h/a.csv", "https://u:s3cret@h/a.csv"])
    def test_what_is_no_url_is_refused(self, client: TestClient, url: str) -> None:
        for query in ("", "?dry_run=true"):
            body = check_problem(send(client, query, file_url=url), 422, "option")
            assert body["field"] == "file_url"
            assert "s3cret" not in str(body)

    @pytest.mark.parametrize(
        ("error", "detail"),
        [
            (MISSING, "The host answered 404. Check file_url."),
            (ImageError(Code.TOO_MANY_BYTES, "The image has 9 bytes."), "more than 4,500,000 bytes. Split"),
            (ImageError(Code.TIMEOUT, "Slow.", transient=True), "Slow. Try again later"),
            (ImageError(Code.ADDRESS_NOT_ALLOWED, "Private."), "Private. Check file_url"),
        ],
    )
    def test_a_file_that_cannot_be_fetched_is_a_problem(
        self, client: TestClient, pipeline: Pipeline, error: ImageError, detail: str
    ) -> None:
        pipeline.hosts[FEED] = error
        body = check_problem(send(client, file_url=FEED), 422, "feed")
        assert detail in str(body["detail"])
        assert body["error"] == error.code
        said = send(client, "?dry_run=true", file_url=FEED).json()
        assert not said["accepted"]
        assert said["problems"][0]["message"] == body["detail"]

    def test_its_bytes_are_throttled(self, client: TestClient, pipeline: Pipeline) -> None:
        built = app.dependency_overrides[services]()
        pipeline.hosts[FEED] = csv_of("http://h/a.png") + b" " * 4_000_000
        fetch = replace(built.fetch_feed, max_bytes=1)
        for _ in range(17):
            fetch("acme", FEED, limited=True)
        until = pipeline.usage.parsing["acme"]
        assert 339 < (until - pipeline.clock()).total_seconds() < 341  # 17 times 5 MB at 250 kB/s

    def test_nothing_that_downloads_is_imported_before(self) -> None:
        code = "import sys, functions.api.app; sys.exit('requests' in sys.modules)"
        environment = {"PYTHONPATH": ":".join(sys.path)}
        assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0


class TestFormats:
    def test_a_workbook_is_accepted_and_its_columns_get_outputs(
        self, client: TestClient, pipeline: Pipeline
    ) -> None:
        data = workbook(
            Notes=[["About this list"]],
            Products=[["SKU", "Photo", "Photo 2"], ["007", "http://h/a.png", "http://h/b.png"]],
        )
        body = upload(client, data).json()
        understood = body["understood"]
        assert (understood["format"], understood["sheet"]) == ("xlsx", "Products")
        assert understood["sheets"] == ["Notes", "Products"]
        assert understood["columns"]["outputs"] == ["Output Photo", "Output Photo 2"]
        job = pipeline.jobs.get(body["request_id"])
        assert (job.images, job.outputs) == (2, ("Output Photo", "Output Photo 2"))
        pipeline.run()
        head, row = sheets_of(pipeline.store.objects[links.result_key(job.id, 1, job.result)])["Products"]
        assert head[:6] == ["SKU", "Photo", "Photo 2", "Output Photo", "Output Photo 2", "Status"]
        assert row[:3] == ["007", "http://h/a.png", "http://h/b.png"]

    @pytest.mark.parametrize(
        ("sheets", "fields", "code"),
        [
            (1, {}, ["not_carried"]),
            (2, {}, ["not_carried"]),
            (2, {"result_format": "csv"}, ["not_carried"]),
            (1, {"result_format": "csv"}, []),
            (1, {"result_format": "jsonl"}, []),
            (2, {"strict": "true"}, ["not_carried"]),
        ],
    )
    def test_what_a_result_does_not_carry_is_said(
        self, client: TestClient, sheets: int, fields: dict[str, str], code: list[str]
    ) -> None:
        """It is no problem of the file, so `strict` does not refuse it."""
        data = workbook(**{f"S{number}": [["Photo"], ["http://h/a.png"]] for number in range(sheets)})
        for body in (upload(client, data, **fields).json(), dry_run(client, data, **fields)):
            assert [warning["code"] for warning in body["warnings"]] == code
            assert body["warnings_total"] == len(code)

    @pytest.mark.parametrize(
        ("size", "fields", "code"),
        [
            (32_767, {"result_format": "xlsx"}, []),
            (32_768, {"result_format": "xlsx"}, ["result_as_csv"]),
            (32_768, {"result_format": "xlsx", "strict": "true"}, ["result_as_csv"]),
            (32_768, {}, []),
        ],
    )
    def test_a_cell_that_makes_a_workbook_a_csv_is_named(
        self, client: TestClient, size: int, fields: dict[str, str], code: list[str]
    ) -> None:
        data = csv_of("http://h/a.png").replace(b"Product 1", b"x" * size)
        warnings = upload(client, data, **fields).json()["warnings"]
        assert [(warning["code"], warning["line"]) for warning in warnings] == [(one, 2) for one in code]

    def test_the_form_of_the_result_reaches_the_job(self, client: TestClient, pipeline: Pipeline) -> None:
        def form(data: bytes, **fields: str) -> ResultForm:
            answer = upload(client, data, **fields)
            return pipeline.jobs.get(answer.json()["request_id"]).result

        text, book = csv_of("http://h/a.png"), workbook(A=[["Photo"], ["http://h/a.png"]])
        assert (form(text), form(book).format) == (CLASSIC, ResultFormat.XLSX)
        assert form(book, result_format="csv") == CLASSIC
        assert form(text, result_format="jsonl").format is ResultFormat.JSONL
        fields = {"result": "replace", "failed": "empty", "result_encoding": "input", "result_format": ""}
        assert form(text, **fields).flags == ("replace", "empty", "input")
        check_problem(upload(client, text, result_format="zip"), 422, "invalid-request")
        check_problem(upload(client, text, result="both"), 422, "invalid-request")

    def test_the_form_of_the_result_is_a_part_of_what_was_sent(self, client: TestClient) -> None:
        key = {"Idempotency-Key": "k"}
        assert upload(client, ONE, key).status_code == 202
        assert upload(client, ONE, key, result="append").status_code == 202
        check_problem(upload(client, ONE, key, result="replace"), 422, "idempotency-key")

    def test_a_sheet_may_be_chosen(self, client: TestClient) -> None:
        data = workbook(One=[["Photo"], ["http://h/a.png"]], Two=[["Photo"], ["http://h/b.png"]])
        assert dry_run(client, data, sheet="Two")["first_rows"][0]["cells"] == ["http://h/b.png"]
        assert dry_run(client, data, sheet="Three")["problems"][0]["code"] == "sheet_not_found"

    def test_an_encoding_is_guessed_or_told(self, client: TestClient) -> None:
        data = csv_of("http://h/a.png").decode().replace("Product 1", "Grüner Tee für Gäste")
        packed = gzip.compress(data.encode("windows-1252"))
        guessed = dry_run(client, packed)
        assert (guessed["understood"]["encoding"], guessed["understood"]["gzipped"]) == ("windows-1252", True)
        assert [warning["code"] for warning in guessed["warnings"]] == ["encoding_guessed"]
        assert not dry_run(client, packed, encoding="windows-1252")["warnings"]

    def test_an_unknown_encoding_is_refused(self, client: TestClient) -> None:
        body = check_problem(upload(client, encoding="klingon"), 422, "option")
        assert body["field"] == "encoding"

    def test_a_workbook_that_cannot_be_read_is_a_problem_of_the_catalogue(self, client: TestClient) -> None:
        body = check_problem(upload(client, b"PK\x03\x04 no archive"), 422, "catalogue")
        assert "corrupt_workbook" in str(body["problems"])
