"""The Python client against a scripted service: what it sends, what it repeats, and what its errors say."""

import io
import json
import os
import stat
from pathlib import Path
from typing import BinaryIO

import pytest

from catalight_cli import (
    CatalightError,
    CatalogueError,
    Client,
    ConflictError,
    GoneError,
    LimitError,
    NoServiceError,
    NotFoundError,
    OutputError,
    ProblemError,
    ServiceError,
    UnauthorizedError,
)
from catalight_cli.errors import NotCatalightError
from tests.unit.cli.service import ID, LOST, PROBLEM, Reply, Service, Watched, a_status, problem

NOTE = {"code": "no_header", "message": "No header.", "line": 1, "column": None, "found": None}


def test_an_upload_sends_the_file_its_name_and_fields_and_a_key_of_its_own(
    service: Service, client: Watched, tmp_path: Path
) -> None:
    file = tmp_path / "Schöne Schuhe 1.csv"
    file.write_bytes(b"SKU,Image\n")
    service.say(Reply(202, {"request_id": ID}))
    assert (
        client.upload(file, quality=60, strict=True, columns={"images": ["Ä"]}, sheet=None)["request_id"]
        == ID
    )
    client.upload(str(file))
    first, second = service.seen
    assert (first.method, first.path) == ("POST", "/upload")
    assert 'filename="Schöne Schuhe 1.csv"'.encode() in first.body
    for name, value in (("quality", b"60"), ("strict", b"true"), ("columns", b'{"images": ["\\u00c4"]}')):
        assert f'name="{name}"\r\n\r\n'.encode() + value + b"\r\n" in first.body
    assert b"sheet" not in first.body
    assert first.headers["Idempotency-Key"] != second.headers["Idempotency-Key"]


@pytest.mark.parametrize("kind", ["bytes", "file", "pipe"])
def test_bytes_and_files_are_sent_whole_also_if_the_first_attempt_is_lost(
    service: Service, client: Watched, kind: str
) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    content = b"x" * 300_000
    opened = io.BytesIO(b"read before" + content)
    opened.seek(len(b"read before"))
    files: dict[str, bytes | BinaryIO] = {"bytes": content, "file": opened, "pipe": Pipe(content)}
    service.say(LOST, problem(503, "unavailable", 7), Reply(202, {"request_id": ID}))
    client.upload(files[kind], name="a.csv")
    assert len(service.seen) == 3
    assert all(content in seen.body and b"read before" not in seen.body for seen in service.seen)
    assert len({seen.headers["Idempotency-Key"] for seen in service.seen}) == 1
    assert client.time.slept[1:] == [7]


def test_the_url_of_a_feed_is_sent_as_such(service: Service, client: Watched) -> None:
    service.say(Reply(202, {"request_id": ID}))
    client.upload("https://shop.example/feed.csv")
    assert b'name="file_url"\r\n\r\nhttps://shop.example/feed.csv\r\n' in service.seen[0].body
    assert b"filename" not in service.seen[0].body


def test_a_dry_run_stores_nothing_and_may_be_repeated(service: Service, client: Watched) -> None:
    service.say(LOST, Reply(200, {"accepted": True}))
    assert client.dry_run(b"SKU")["accepted"]
    assert [seen.path for seen in service.seen] == ["/upload?dry_run=true"] * 2


def test_a_lost_connection_and_temporary_errors_are_repeated_with_growing_pauses(
    service: Service, client: Watched
) -> None:
    gateway = Reply(502, b"<html>", {"Content-Type": "text/html"})
    throttled = Reply(429, {"message": "Too Many Requests"})
    crashed = Reply(500, {"message": "Internal Server Error"})
    service.say(gateway, LOST, throttled, crashed, Reply(504, {"message": "x"}), Reply(200, a_status()))
    assert client.status(ID)["status"] == "COMPLETED"
    longest = [1, 2, 4, 8, 16]
    assert all(most / 2 <= pause <= most for most, pause in zip(longest, client.time.slept, strict=True))
    assert [pause.seconds for pause in client.pauses] == client.time.slept


def test_a_pause_is_as_long_as_the_service_asks_but_not_beyond_the_clients_patience(
    service: Service, client: Watched
) -> None:
    service.say(problem(429, "limit", 20), problem(503, "unavailable", 30), Reply(200, a_status()))
    client.status(ID)
    assert client.time.slept == [20, 30]
    service.say(problem(429, "limit", 61))
    with pytest.raises(LimitError) as caught:
        client.status(ID)
    assert caught.value.retry_after == 61
    assert client.time.slept == [20, 30]


def test_repetitions_end_with_the_last_error(service: Service, client: Watched) -> None:
    service.say(problem(503, "unavailable", 5))
    with pytest.raises(ServiceError) as caught:
        client.status(ID)
    assert (caught.value.code, caught.value.attempts) == ("unavailable", 13)
    assert client.time.now == 60


def test_a_limit_that_waiting_does_not_help_is_not_waited_for(service: Service, client: Watched) -> None:
    service.say(problem(429, "limit"))
    with pytest.raises(LimitError):
        client.upload(b"SKU")
    assert len(service.seen) == 1


@pytest.mark.parametrize("call", ["cancel", "retry", "extend", "redeliver"])
def test_a_post_that_may_have_been_carried_out_is_not_repeated(
    service: Service, client: Watched, call: str
) -> None:
    arguments = (ID, 30) if call == "extend" else (ID,)
    for reply, error in ((LOST, NoServiceError), (problem(503, "unavailable", 1), ServiceError)):
        service.say(reply)
        service.seen.clear()
        with pytest.raises(error):
            getattr(client, call)(*arguments)
        assert len(service.seen) == 1
    service.say(Reply(429, {"message": "Too Many Requests"}), Reply(202, a_status()))
    assert getattr(client, call)(*arguments)["request_id"] == ID  # the first was certainly not carried out


def test_a_delete_whose_answer_was_lost_is_done_if_the_job_is_gone(service: Service, client: Watched) -> None:
    service.say(LOST, problem(410, "job-gone"))
    client.delete(ID)
    with pytest.raises(GoneError):
        client.delete(ID)


def test_a_service_that_has_never_answered_is_given_up_soon() -> None:
    with Watched("http://127.0.0.1:1") as client:
        with pytest.raises(
            NoServiceError, match=r"http://127\.0\.0\.1:1 does not answer: Connection refused"
        ):
            client.upload(b"SKU")
        assert len(client.time.slept) == 2


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (problem(401, "unauthorized"), UnauthorizedError),
        (problem(404, "job-not-found"), NotFoundError),
        (problem(409, "job-ended"), ConflictError),
        (problem(410, "job-gone"), GoneError),
        (problem(422, "catalogue", problems=[NOTE], problems_total=7), CatalogueError),
        (problem(422, "option", field="quality"), ProblemError),
        (problem(500, "internal-error"), ServiceError),
        (Reply(413, {"message": "Request Too Long"}), ProblemError),
        (Reply(404, b"<h1>Not Found</h1>", {"Content-Type": "text/html"}), NotCatalightError),
        (Reply(200, b"<h1>Welcome</h1>", {"Content-Type": "text/html"}), NotCatalightError),
        (Reply(301, b"", {"Location": "https://api.example"}), NotCatalightError),
        (Reply(422, b"null", {"Content-Type": PROBLEM}), NotCatalightError),
    ],
)
def test_errors_are_those_of_the_service(
    service: Service, client: Watched, reply: Reply, error: type[CatalightError]
) -> None:
    service.say(reply)
    with pytest.raises(error) as caught:
        client.status(ID)
    assert type(caught.value) is error
    assert len(service.seen) == 1
    if isinstance(caught.value, CatalogueError):
        assert (caught.value.problems, caught.value.problems_total) == ([NOTE], 7)
    if isinstance(caught.value, ProblemError) and reply.headers:
        assert (caught.value.code, caught.value.detail) == (reply.body["type"].split(":")[-1], "Why.")
    if reply.status == 301:
        assert "https://api.example" in str(caught.value)


def test_waiting_asks_as_often_as_the_service_allows_and_survives_outages(
    service: Service, client: Watched
) -> None:
    running = Reply(200, a_status("PROCESSING"), {"Retry-After": "4"})
    service.say(running, LOST, LOST, problem(503, "unavailable", 300), running, Reply(200, a_status()))
    seen = [status["status"] for status in client.watch(ID)]
    assert seen == ["PROCESSING", "PROCESSING", "COMPLETED"]
    assert [pause for pause in client.time.slept if pause >= 3] == [4, 300, 4]
    service.say(Reply(200, a_status("CANCELLED")))
    assert client.wait(ID)["status"] == "CANCELLED"


def test_waiting_ends_with_its_time(service: Service, client: Watched) -> None:
    service.say(Reply(200, a_status("PROCESSING"), {"Retry-After": "2"}))
    with pytest.raises(TimeoutError):
        client.wait(ID, timeout=9)
    assert client.time.now == 8


def test_pages_are_followed_and_limits_kept(service: Service, client: Watched) -> None:
    pages = [Reply(200, {"rows": [{"row": n}], "next": f"c{n}" if n < 3 else None}) for n in (1, 2, 3)]
    service.say(*pages)
    assert [row["row"] for row in client.rows(ID, "FAILED", "PARTIAL")] == [1, 2, 3]
    asked = [seen.path.partition("?")[2] for seen in service.seen]
    assert asked == [f"state=FAILED&state=PARTIAL&limit=200&cursor={cursor}" for cursor in ("", "c1", "c2")]
    service.say(Reply(200, {"jobs": [a_status()] * 5, "next": "more"}))
    assert len(list(client.jobs(limit=7))) == 7
    assert service.seen[-1].path == "/jobs?limit=7&cursor=more"


class TestDownload:
    """Downloads, through links to another server."""

    CONTENT = bytes(range(256)) * 1000

    @pytest.fixture
    def bucket(self, service: Service) -> Service:
        """A link to the same server under another name: what is asked there is told apart by its path."""
        service.say(Reply(200, {"url": f"{service.url}/bucket"}), self._content())
        return service

    def _content(self, **changes: object) -> Reply:
        name = {"Content-Disposition": "attachment; filename*=UTF-8''../a%2Fb%20%C3%BC.csv", "ETag": '"1"'}
        return Reply(**({"status": 200, "body": self.CONTENT, "headers": name} | changes))  # type: ignore[arg-type]

    def test_the_key_goes_to_the_api_only(self, bucket: Service, tmp_path: Path) -> None:
        with Watched(bucket.url, "catalight_secret") as client:
            target = tmp_path / "result 1.csv"
            assert client.download(ID, target, result="replace") == target
        assert target.read_bytes() == self.CONTENT
        asked, fetched = bucket.seen
        assert asked.path == f"/download/{ID}?result=replace&redirect=false"
        assert asked.headers["Authorization"] == "Bearer catalight_secret"
        assert fetched.path == "/bucket"
        assert "Authorization" not in fetched.headers
        assert [path.name for path in tmp_path.iterdir()] == ["result 1.csv"]
        assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~_umask()

    def test_a_folder_gets_the_services_name_and_keeps_what_it_has(
        self, bucket: Service, client: Watched, tmp_path: Path
    ) -> None:
        taken = tmp_path / "-a-b ü.csv"
        taken.write_text("mine")
        assert client.download(ID, tmp_path) == tmp_path / "-a-b ü-2.csv"
        assert taken.read_text() == "mine"

    def test_a_form_is_waited_for(self, service: Service, client: Watched, tmp_path: Path) -> None:
        preparing = Reply(202, {"status": "PREPARING", "done": 3, "total": 9}, {"Retry-After": "2"})
        service.say(preparing, preparing, Reply(200, {"url": f"{service.url}/bucket"}), self._content())
        told: list[tuple[int, int]] = []
        client.zip(ID, tmp_path / "i.zip", on_progress=lambda done, total: told.append((done, total)))
        assert (told, client.time.slept) == ([(3, 9)] * 2, [2, 2])
        assert service.seen[0].path == f"/download/{ID}?format=zip&redirect=false"

    def test_an_interrupted_download_goes_on_where_it_ended(
        self, service: Service, client: Watched, tmp_path: Path
    ) -> None:
        link = Reply(200, {"url": f"{service.url}/bucket"})
        rest = self._content(status=206, body=self.CONTENT[100_000:])
        service.say(link, self._content(cut=100_000), link, rest)
        client.download(ID, tmp_path / "r.csv")
        assert (tmp_path / "r.csv").read_bytes() == self.CONTENT
        assert service.seen[-1].headers["Range"] == "bytes=100000-"
        assert service.seen[-1].headers["If-Match"] == '"1"'

    @pytest.mark.parametrize("changed", ["412 and a new link", "200 with all"])
    def test_a_result_that_changed_in_between_is_downloaded_anew(
        self, service: Service, client: Watched, tmp_path: Path, changed: str
    ) -> None:
        link = Reply(200, {"url": f"{service.url}/bucket"})
        refused = (Reply(412), link) if changed.startswith("412") else ()
        service.say(link, self._content(cut=100_000), link, *refused, self._content(body=b"new"))
        client.download(ID, tmp_path / "r.csv")
        assert (tmp_path / "r.csv").read_bytes() == b"new"

    def test_a_download_that_fails_leaves_no_file_and_the_old_one(
        self, service: Service, client: Watched, tmp_path: Path
    ) -> None:
        (tmp_path / "r.csv").write_text("old")
        service.say(Reply(200, {"url": f"{service.url}/bucket"}), Reply(403), Reply(410, b"{}"))
        with pytest.raises(CatalightError):
            client.download(ID, tmp_path / "r.csv")
        assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("r.csv", "old")]

    def test_an_output_that_cannot_be_written_is_named(
        self, bucket: Service, client: Watched, tmp_path: Path
    ) -> None:
        with pytest.raises(OutputError, match=r"missing/r\.csv cannot be written: No such file or directory"):
            client.download(ID, tmp_path / "missing/r.csv")
        bucket.say(Reply(200, {"url": f"{bucket.url}/bucket"}), self._content())
        with pytest.raises(OutputError, match="/dev/full cannot be written: No space left on device"):
            client.download(ID, "/dev/full")
        assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)

    def test_a_link_to_a_file_stays_a_link(self, bucket: Service, client: Watched, tmp_path: Path) -> None:
        (tmp_path / "real.csv").touch()
        (tmp_path / "link.csv").symlink_to("real.csv")
        client.download(ID, tmp_path / "link.csv")
        assert (tmp_path / "link.csv").is_symlink()
        assert (tmp_path / "real.csv").read_bytes() == self.CONTENT

    def test_an_open_file_is_written_to(self, bucket: Service, client: Watched) -> None:
        sink = io.BytesIO()
        assert client.failed_rows(ID, sink) is None
        assert sink.getvalue() == self.CONTENT


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


@pytest.mark.parametrize("request_id", ["", "../jobs", "a b", "ä", "a?b"])
def test_a_request_id_cannot_change_the_path(service: Service, client: Watched, request_id: str) -> None:
    with pytest.raises(CatalightError, match="is no request id"):
        client.status(request_id)
    assert service.seen == []


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://host", "http://", ""])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(CatalightError, match="begin with http"):
        Client(url)


def test_a_file_that_cannot_be_read_is_named(client: Watched, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"missing\.csv cannot be read: No such file or directory"):
        client.upload(tmp_path / "missing.csv")
    with pytest.raises(OutputError, match="Is a directory"):
        client.upload(tmp_path)


def test_answers_are_passed_on_as_they_came(service: Service, client: Watched) -> None:
    told = a_status() | {"of_a_later_version": [1]}
    service.say(Reply(200, told))
    assert json.dumps(client.status(ID)) == json.dumps(told)
