"""What `make run` prints of the logs."""

import json
from pathlib import Path

import pytest

from local import metrics
from local.log_lines import LogLines, shown
from tests.integration.local.waiting import eventually

ID = "0123456789abcdef"


def test_a_request_is_one_short_line() -> None:
    request = {"method": "GET", "path": "/jobs", "status": 200, "ms": 12}
    assert (
        shown("api", json.dumps({"request": request, "http_request_id": ID}))
        == "API: GET /jobs 200 12 ms (01234567)"
    )


def test_a_line_of_a_function_has_its_message_its_own_fields_and_its_trace() -> None:
    line = {
        "level": "ERROR",
        "location": "x:1",
        "message": "the function failed",
        "service": "catalight",
        "function_arn": "arn",
        "job": 17,
        "exception": "here\nKeyError",
    }
    found = shown("ImageFunction", json.dumps(line))
    assert found == "Image: ERROR the function failed job=17\n    here\n    KeyError"
    assert (
        shown("api", json.dumps({"level": "INFO", "message": "hi", "http_request_id": ID}))
        == "API: hi (01234567)"
    )


def test_a_fact_has_its_metrics_as_plain_numbers() -> None:
    emf = {
        "Timestamp": 1,
        "CloudWatchMetrics": [{"Dimensions": [[]], "Metrics": [{"Name": "BytesIn", "Unit": "Bytes"}]}],
    }
    line = {
        "level": "INFO",
        "message": "images ended",
        "job_id": "j",
        "trace_id": "1-2",
        "_aws": emf,
        "BytesIn": [17.0],
    }
    assert shown("ImageFunction", json.dumps(line)) == "Image: images ended job_id=j BytesIn=17"


def test_metrics_are_summed_by_name_and_dimensions(tmp_path: Path) -> None:
    """As CloudWatch does: a line counts once for each of its sets of dimensions."""
    definition = {"Dimensions": [[], ["Code"]], "Metrics": [{"Name": "ImagesFailed", "Unit": "Count"}]}
    lines = [
        json.dumps({"_aws": {"CloudWatchMetrics": [definition]}, "ImagesFailed": [count], "Code": code})
        for count, code in ((2.0, "timeout"), (1.0, "not_found"), (4.0, "timeout"))
    ]
    (tmp_path / "api.log").write_text("[]\nno JSON\n")
    (tmp_path / "ImageFunction.log").write_text("\n".join(lines))
    assert metrics.table(tmp_path)[1:] == [
        ("ImagesFailed", "", "3", "7", "2.333", "4", "Count"),
        ("ImagesFailed", "Code=not_found", "1", "1", "1", "1", "Count"),
        ("ImagesFailed", "Code=timeout", "2", "6", "3", "4", "Count"),
    ]


@pytest.mark.parametrize("line", ["Traceback", "17", "[]", "{}", '{"request": 1}'])
def test_any_other_line_is_shown_as_it_is(line: str) -> None:
    assert shown("ImageFunction", line) == f"Image: {line}"


def test_lines_are_followed_once_they_are_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "api.log"
    log.write_text("one\ntw")
    with LogLines(tmp_path):
        eventually(lambda: "one" in (tmp_path / "system.log").read_text())
        with log.open("a") as more:
            more.write("o\n")
        eventually(lambda: "two" in (tmp_path / "system.log").read_text())
    printed = capsys.readouterr().out
    assert printed == (tmp_path / "system.log").read_text()
    assert [line.partition(" ")[2] for line in printed.splitlines()] == ["API: one", "API: two"]
