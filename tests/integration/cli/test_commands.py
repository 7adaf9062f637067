"""The installed command, run as a process against a scripted service: what it prints, and its exit code."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from catalight_cli.app import app
from tests.integration.cli.conftest import COMMAND, Run
from tests.integration.local.waiting import eventually
from tests.unit.cli.service import ID, LOST, Reply, Service, a_status, problem

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
UNDERSTOOD = {
    "format": "csv",
    "gzipped": False,
    "encoding": "utf-8",
    "delimiter": ",",
    "sheet": None,
    "sheets": [],
    "header_row": 1,
    "columns": {
        "images": ["Image"],
        "serial": "SKU",
        "name": None,
        "outputs": ["Output Image"],
        "reason": "names",
        "program": None,
    },
}
ACCEPTED = {
    "request_id": ID,
    "status": "PENDING",
    "rows": 2,
    "images": 2,
    "outputs": 2,
    "duplicates": 0,
    "warnings": [],
    "warnings_total": 0,
    "links": {},
    "understood": UNDERSTOOD,
}
RUNNING = Reply(200, a_status("PROCESSING", done=1), {"Retry-After": "1"})
NOW = {"Retry-After": "0"}
ENDED = Reply(200, a_status())
PARTLY = Reply(200, a_status(failed=1, done=1))


def note(code: str, line: int, found: str = "n/a") -> dict[str, object]:
    return {"code": code, "message": f"About {code}.", "line": line, "column": "Image", "found": found}


@pytest.fixture
def file(run: Run, tmp_path: Path) -> str:
    name = "Schöne Schuhe 1.csv"
    (tmp_path / "work" / name).write_text("SKU,Image\n1,http://h/1.jpg\n")
    return name


def test_submit_without_waiting_says_how_to_go_on(run: Run, service: Service, file: str) -> None:
    service.say(Reply(202, ACCEPTED))
    done = run("submit", file, "--quality", "60", "--columns", "Front, Back", "--option", "new=1")
    assert (done.returncode, done.stdout) == (0, f"Job {ID}: 2 rows, 2 images\n")
    assert done.stderr == f"Go on with: catalight watch {ID}\n"
    body = service.seen[0].body
    for name, value in (("quality", "60"), ("columns", '{"images": ["Front", "Back"]}'), ("new", "1")):
        assert f'name="{name}"\r\n\r\n{value}\r\n'.encode() in body
    assert 'filename="Schöne Schuhe 1.csv"'.encode() in body


def test_submit_waits_and_writes_the_result(run: Run, service: Service, file: str, tmp_path: Path) -> None:
    link = Reply(200, {"url": f"{service.url}/bucket"})
    service.say(Reply(202, ACCEPTED), RUNNING, PARTLY, link, Reply(200, b"result"), link, Reply(200, b"zip"))
    done = run("submit", file, "-o", "Ergebnis ü.csv", "--zip", "i.zip")
    assert done.returncode == 1
    shown = dict(line.split(None, 1) for line in done.stdout.splitlines()[1:] if line)
    assert (shown["State"], shown["Done"], shown["Failed"], shown["not_found"]) == (
        "COMPLETED",
        "1",
        "1",
        "1",
    )
    assert shown["Size"] == "1.0 kB became 250 bytes, 75% saved"
    assert shown["Time"] == "1:05"
    assert "PROCESSING: 1 of 2 images, 75% saved" in done.stderr
    assert not CONTROL.search(done.stdout + done.stderr)
    written = {path.name: path.read_bytes() for path in (tmp_path / "work").iterdir() if path.name != file}
    assert written == {"Ergebnis ü.csv": b"result", "i.zip": b"zip"}


def test_submit_as_json_prints_one_document(run: Run, service: Service, file: str) -> None:
    service.say(Reply(202, ACCEPTED))
    assert json.loads(run("submit", file, "--json").stdout) == ACCEPTED
    service.say(Reply(202, ACCEPTED), Reply(200, a_status("PROCESSING"), NOW), PARTLY)
    done = run("submit", file, "--wait", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout) == {"accepted": ACCEPTED, "status": PARTLY.body, "files": {}}


def test_a_large_file_goes_on_after_a_lost_connection_and_its_problems_are_explained(
    run: Run, service: Service, tmp_path: Path
) -> None:
    (tmp_path / "work/big.csv").write_bytes(b"x" * 4_500_000)
    begun = {"request_id": ID, "upload": {"url": f"{service.url}/bucket", "fields": {}}}
    upload: dict[str, object] = {"state": "FAILED", "bytes": 9, "bytes_read": 0, "problems_total": 1}
    upload |= {"problems": [note("no_header", 1)]}
    failed = {"request_id": ID, "status": "FAILED", "understood": None, "upload": upload}
    service.say(Reply(201, begun), LOST, Reply(201, begun), Reply(204, b""), Reply(200, failed))
    refused = run("submit", "big.csv", "--webhook-url", "https://h/")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "the connection was lost. Trying again in 1 s." in refused.stderr
    assert "The catalogue cannot be used.\n  no_header, line 1\n" in refused.stderr
    keys = {seen.headers["Idempotency-Key"] for seen in service.seen if seen.path == "/uploads"}
    assert len(keys) == 1


def test_a_refused_file_is_explained_once_for_each_cause(run: Run, service: Service, file: str) -> None:
    problems = [note("extra_cells", line) for line in (2, 3, 4, 9)] + [note("broken_quote", 7, "a\x1b[31m")]
    service.say(problem(422, "catalogue", problems=problems, problems_total=7))
    done = run("submit", file)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "Catalogue. Why.\n"
        "  extra_cells: 4 times, line 2-4, 9\n    About extra_cells.\n    Found in the column Image: n/a\n"
        "    Put cells that contain the delimiter into quotes.\n"
        "  broken_quote, line 7\n    About broken_quote.\n    Found in the column Image: a [31m\n"
        "    Close the quotation mark, or double it within a cell.\n"
        "  and 2 more problems\n"
    )
    as_json = json.loads(run("submit", file, "--json").stdout)
    assert (as_json["exit_code"], as_json["error"]["problems"]) == (2, problems)


def test_check_says_what_was_understood(run: Run, service: Service, file: str) -> None:
    row = {"line": 2, "cells": ["1", "x"], "images": [{"url": "http://h/1.jpg", "fault": None}]}
    found = {
        "accepted": True,
        "understood": UNDERSTOOD,
        "header": ["SKU", "Image"],
        "first_rows": [row],
        "rows": 2,
        "images": 2,
        "outputs": 4,
        "distinct_urls": 1,
        "hosts": [],
        "hosts_total": 1,
        "warnings": [note("invalid_url", 3)],
        "warnings_total": 1,
        "problems": [],
        "problems_total": 0,
    }
    service.say(Reply(200, found))
    done = run("check", file)
    assert done.returncode == 0
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert lines[:5] == [
        "File      csv, utf-8, delimiter ',', header in line 1",
        "Images    Image (found by their names)",
        "Serial    SKU",
        "Name      (none)",
        "Contents  2 rows, 2 images, 4 outputs, 1 different URL at 1 host",
    ]
    assert "   2  1    http://h/1.jpg" in lines
    assert "  invalid_url, line 3" in lines
    assert lines[-1] == "It would be accepted."
    service.say(
        Reply(200, found | {"accepted": False, "problems": [note("no_rows", 1)], "problems_total": 1})
    )
    refused = run("check", file, "--json")
    assert (refused.returncode, json.loads(refused.stdout)["accepted"]) == (2, False)


def test_watching_goes_on_after_a_lost_connection_and_a_limit(run: Run, service: Service) -> None:
    service.say(RUNNING, LOST, problem(429, "limit", 1), ENDED)
    done = run("watch", ID, "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, ENDED.body)
    assert (
        f"The service at {service.url} does not answer: the connection was lost. Trying again" in done.stderr
    )
    assert "Limit. Why. Trying again in 1 s." in done.stderr
    assert [seen.path for seen in service.seen] == [f"/status/{ID}"] * 4


def test_ctrl_c_while_watching_says_how_to_go_on(service: Service, environment: dict[str, str]) -> None:
    service.say(RUNNING)
    for arguments in (("watch", ID), ("watch", ID, "--json")):
        service.seen.clear()
        with subprocess.Popen(
            [COMMAND, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as watching:
            eventually(lambda: service.seen)
            watching.send_signal(signal.SIGINT)
            out, err = watching.communicate(timeout=30)
        assert watching.returncode == 130
        assert f"the job goes on. Watch it again: catalight watch {ID}" in err
        assert "Traceback" not in err
        assert (json.loads(out)["interrupted"] if "--json" in arguments else out) in (True, "")


def test_an_interrupted_download_leaves_no_file(
    run: Run, service: Service, environment: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "work"
    # The body is promised, but only its beginning comes: the client waits for the rest.
    held = Reply(200, b"x" * 100_000, {"Content-Length": "10000000"})
    service.say(Reply(200, {"url": f"{service.url}/bucket"}), held)
    command = [str(COMMAND), "download", ID, "-o", "r.zip"]
    with subprocess.Popen(command, env=environment, cwd=folder, stderr=subprocess.PIPE, text=True) as loading:
        eventually(lambda: [part for part in folder.iterdir() if part.stat().st_size])
        loading.send_signal(signal.SIGINT)
        assert "Stopped." in loading.communicate(timeout=30)[1]
    assert (loading.returncode, list(folder.iterdir())) == (130, [])


def test_no_service_is_3_and_says_what_to_do(run: Run) -> None:
    done = run("status", ID, CATALIGHT_URL="http://127.0.0.1:1")
    assert (done.returncode, done.stdout) == (3, "")
    said = "The service at http://127.0.0.1:1 does not answer: Connection refused. Is it running?"
    assert f"{said} Check CATALIGHT_URL and the network.\n" in done.stderr
    as_json = run("status", ID, "--json", CATALIGHT_URL="http://127.0.0.1:1")
    assert json.loads(as_json.stdout)["exit_code"] == 3


@pytest.mark.parametrize(
    ("replies", "code", "said"),
    [
        ([problem(401, "unauthorized")], 2, "Store it with `catalight key set`, or set CATALIGHT_API_KEY."),
        ([problem(404, "job-not-found")], 2, "Why."),
        ([problem(500, "internal-error")], 3, "Why."),
        ([Reply(404, b"<html>")], 3, "is not Catalight"),
        ([PARTLY], 1, f"catalight failed {ID}"),
        ([ENDED], 0, ""),
    ],
)
def test_exit_codes(run: Run, service: Service, replies: list[Reply], code: int, said: str) -> None:
    service.say(*replies)
    done = run("status", ID)
    assert done.returncode == code
    assert said in done.stderr


@pytest.mark.parametrize("output", ["/dev/full", "missing/r.csv", "/proc/r.csv"])
def test_an_output_that_cannot_be_written_is_2(run: Run, service: Service, output: str) -> None:
    service.say(Reply(200, {"url": f"{service.url}/bucket"}), Reply(200, b"result"))
    done = run("download", ID, "-o", output)
    assert done.returncode == 2
    assert f"{output} cannot be written: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_disk_that_fills_up_leaves_no_file(
    service: Service, environment: dict[str, str], tmp_path: Path
) -> None:
    """The limit of a file's size stands for the disk: the write fails in the middle."""
    service.say(Reply(200, {"url": f"{service.url}/bucket"}), Reply(200, b"x" * 1_000_000))
    limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (300000, 300000)); "
    limited += "from catalight_cli.app import main; sys.argv[0] = 'catalight'; main()"
    command = [sys.executable, "-c", limited, "download", ID, "-o", "r.csv"]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "r.csv cannot be written: File too large." in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_download_writes_to_stdout_and_a_closed_pipe_is_no_traceback(
    service: Service, environment: dict[str, str]
) -> None:
    content = bytes(range(256)) * 10_000
    for reader, wanted in (("cat", content), ("head -c 100", content[:100])):
        service.say(Reply(200, {"url": f"{service.url}/bucket"}), Reply(200, content))
        command = f"'{COMMAND}' download {ID} -o - | {reader}"
        done = subprocess.run(command, shell=True, env=environment, capture_output=True, check=False)
        assert done.stdout == wanted
        assert b"Traceback" not in done.stderr


def test_the_failures_of_a_job_are_grouped_with_advice(run: Run, service: Service) -> None:
    def image(error: str | None, url: str) -> dict[str, object]:
        return {"url": url, "renditions": [{"name": "", "error": error, "detail": "Why."}]}

    rows = [
        {"row": n, "images": [image("not_found", "http://h/\x1b]0;x"), image(None, "ok")]} for n in (1, 2, 3)
    ]
    rows.append({"row": 9, "images": [image("timeout", "http://slow/")]})
    service.say(Reply(200, {"rows": rows, "next": None}))
    done = run("failed", ID)
    assert (done.returncode, done.stdout.splitlines()[:3]) == (
        0,
        [
            "not_found: 3 images, rows 1-3",
            "  Check in a browser whether the image is still there, and correct its URL.",
            "  row 1  http://h/ ]0;x: Why.",
        ],
    )
    assert "timeout: 1 image, row 9" in done.stdout
    causes = json.loads(run("failed", ID, "--json").stdout)["causes"]
    assert [(cause["code"], len(cause["images"])) for cause in causes] == [("not_found", 3), ("timeout", 1)]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("PROCESSING", "No image has failed so far; the job is still running."),
        ("COMPLETED", "No image failed."),
    ],
)
def test_a_job_without_failures_is_called_so_only_once_it_has_ended(
    run: Run, service: Service, state: str, said: str
) -> None:
    service.say(Reply(200, {"rows": [], "next": None}), Reply(200, a_status(state)))
    assert run("failed", ID).stdout == f"{said}\n"


def test_tables_are_not_broken_when_piped(run: Run, service: Service) -> None:
    long = "a" * 300 + " ü.csv"
    service.say(Reply(200, {"jobs": [a_status() | {"file_name": long}], "next": None}))
    done = run("list", "--state", "COMPLETED")
    assert long in done.stdout
    assert service.seen[0].path == "/jobs?state=COMPLETED&limit=20&cursor="


def test_delete_asks_unless_told_not_to(run: Run, service: Service) -> None:
    service.say(Reply(204, b""))
    assert (run("delete", ID).returncode, service.seen) == (2, [])
    assert json.loads(run("delete", ID, "--yes", "--json").stdout) == {"request_id": ID, "deleted": True}
    assert service.seen[0].method == "DELETE"


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (("cancel",), f"/jobs/{ID}/cancel"),
        (("retry",), f"/jobs/{ID}/retry"),
        (("extend", "--days", "60", "--shorten"), f"/jobs/{ID}/extend?days=60&shorten=true"),
        (("redeliver",), f"/jobs/{ID}/webhook/redeliver"),
    ],
)
def test_commands_that_change_a_job(
    run: Run, service: Service, arguments: tuple[str, ...], path: str
) -> None:
    service.say(Reply(202, a_status("PROCESSING")))
    done = run(arguments[0], ID, *arguments[1:], "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, a_status("PROCESSING"))
    assert (service.seen[0].method, service.seen[0].path) == ("POST", path)


def test_open_prints_the_address_of_the_jobs_page(run: Run, service: Service, tmp_path: Path) -> None:
    service.say(ENDED)
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    browser.chmod(0o700)
    done = run("open", ID, BROWSER=str(browser))
    assert (done.returncode, done.stdout) == (0, f"{service.url}/#/jobs/{ID}\n")
    assert (
        eventually(lambda: (tmp_path / "opened").exists() and (tmp_path / "opened").read_text())
        == done.stdout
    )


def test_help_documents_the_exit_codes_and_every_command(run: Run) -> None:
    shown = run("--help").stdout
    for said in ("0 all well", "1 some images failed", "2 refused", "3 no service", "CATALIGHT_URL"):
        assert said in shown
    commands = (
        *("submit", "check", "status", "watch", "download", "failed", "list", "rows", "cancel", "retry"),
        *("delete", "extend", "key", "verify-webhook", "open"),
    )
    for command in commands:
        assert f"│ {command} " in shown
        assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0
    completed = run(_CATALIGHT_COMPLETE="complete_bash", COMP_WORDS="catalight ver", COMP_CWORD="1")
    assert completed.stdout.split() == ["verify-webhook"]


def test_wrong_use_is_2(run: Run) -> None:
    for arguments in (
        ["nothing"],
        ["submit"],
        ["submit", "missing.csv"],
        ["submit", "x", "--option", "quality"],
    ):
        done = run(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr
        assert "Traceback" not in done.stderr
