"""A file too large for one request: how it is sent, confirmed, gone on with and checked."""

import io
from typing import Any

import pytest

from catalight_cli import CatalogueError, NotConfirmedError, NotFoundError, StorageError
from catalight_cli.big import MAX_SENDINGS, SMALL_ENOUGH
from tests.unit.cli.service import ID, LOST, Reply, Service, Watched, a_status, problem

FILE = b"SKU,Image\n" + b"x" * SMALL_ENOUGH
NOTE = {"code": "no_header", "message": "No header.", "line": 1, "column": None, "found": None}
DRY_RUN = {"accepted": True, "understood": {"format": "csv"}, "warnings": [NOTE], "warnings_total": 7}
DONE = Reply(204, b"")


def begun(service: Service, *, is_there: bool = False) -> Reply:
    form = (
        None if is_there else {"url": f"{service.url}/bucket", "fields": {"key": "uploads/1", "policy": "p"}}
    )
    return Reply(201, {"request_id": ID, "upload": form})


def found(state: str, read: int = 0, problems: list[Any] | None = None, **changed: Any) -> Reply:
    problems = problems or []
    upload = {
        "state": state,
        "bytes": 9,
        "bytes_read": read,
        "problems": problems,
        "problems_total": len(problems),
    }
    body = {"request_id": ID, "status": "PENDING", "upload": upload, "images": 3, "understood": DRY_RUN}
    return Reply(200, body | changed, {"Retry-After": "3"})


def paths(service: Service) -> list[str]:
    return [f"{seen.method} {seen.path}" for seen in service.seen]


def test_a_large_file_is_stored_understood_confirmed_and_read(service: Service, client: Watched) -> None:
    told: list[tuple[str, int, int]] = []
    status = Reply(200, a_status("PENDING", done=0, total=6) | {"duplicates": 1})
    confirmed = Reply(202)
    service.say(
        *(begun(service), DONE, found("WAITING"), found("UNDERSTOOD", 4), confirmed),
        *(found("READING", 5), found("SUBMITTED", 9), status),
    )
    accepted = client.upload(
        io.BytesIO(FILE),
        name="Schuhe.csv",
        quality=60,
        idempotency_key="mine",
        confirm=lambda understood: understood["warnings_total"] == 7,
        on_progress=lambda *seen: told.append(seen),
    )
    announced, stored = service.seen[:2]
    assert announced.headers["Idempotency-Key"] == "mine"
    form = f"quality=60&size={len(FILE)}&upload_name=Schuhe.csv&confirm=true"
    assert announced.body.decode() == form
    assert stored.body.index(b"uploads/1") < stored.body.index(FILE)
    assert "Authorization" not in stored.headers
    assert paths(service)[2:] == [
        *(f"GET /uploads/{ID}", f"GET /uploads/{ID}", f"POST /uploads/{ID}/confirm"),
        *(f"GET /uploads/{ID}", f"GET /uploads/{ID}", f"GET /status/{ID}"),
    ]
    counts = {name: accepted[name] for name in ("rows", "images", "outputs", "duplicates", "warnings_total")}
    assert counts == {"rows": 6, "images": 3, "outputs": 6, "duplicates": 1, "warnings_total": 7}
    assert client.time.slept == [3, 3]
    assert ("sending", len(FILE), len(FILE)) in told
    assert told[-1] == ("reading", 9, 9)


@pytest.mark.parametrize("lost", [LOST, Reply(403), Reply(503)], ids=["connection", "old form", "storage"])
def test_a_lost_transfer_begins_again_with_the_same_key(
    service: Service, client: Watched, lost: Reply
) -> None:
    ended = (found("SUBMITTED", 9), Reply(200, a_status() | {"duplicates": 0}))
    service.say(begun(service), lost, begun(service), DONE, *ended)
    client.upload(FILE)
    service.say(begun(service), lost, begun(service, is_there=True), *ended)  # it had arrived after all
    client.upload(FILE)
    expected = ["POST /uploads", "POST /bucket", "POST /uploads", "POST /bucket"]
    assert paths(service)[:4] == expected
    assert paths(service)[6:10] == [*expected[:3], f"GET /uploads/{ID}"]
    keys = [seen.headers["Idempotency-Key"] for seen in service.seen if seen.path == "/uploads"]
    assert keys[0] == keys[1] != keys[2] == keys[3]
    assert client.time.slept == [1, 1]


def test_a_storage_that_refuses_is_said(service: Service, client: Watched) -> None:
    service.say(begun(service), Reply(400))
    with pytest.raises(StorageError, match="the storage answered 400 to the file"):
        client.upload(FILE)
    assert len(service.seen) == 2
    service.seen.clear()
    service.say(*[begun(service), LOST] * MAX_SENDINGS)
    with pytest.raises(StorageError, match="the connection was lost"):
        client.upload(FILE)
    assert len(service.seen) == 2 * MAX_SENDINGS


def test_a_file_that_cannot_be_used_raises_its_problems(service: Service, client: Watched) -> None:
    service.say(begun(service), DONE, found("FAILED", 0, [NOTE], understood=None))
    with pytest.raises(CatalogueError) as caught:
        client.upload(FILE)
    assert (caught.value.problems, caught.value.code) == ([NOTE], "catalogue")


def test_what_is_not_confirmed_is_removed(service: Service, client: Watched) -> None:
    service.say(begun(service), DONE, found("UNDERSTOOD"), DONE)
    with pytest.raises(NotConfirmedError):
        client.upload(FILE, confirm=lambda _: False)
    assert paths(service)[-1] == f"DELETE /jobs/{ID}"


def test_a_check_keeps_nothing_and_calls_no_webhook(service: Service, client: Watched) -> None:
    service.say(begun(service), DONE, found("UNDERSTOOD"), LOST, problem(410, "job-gone"))
    assert client.dry_run(FILE, webhook_url="https://h/", sheet="1") == DRY_RUN
    assert b"webhook_url" not in service.seen[0].body
    assert paths(service)[-1] == f"DELETE /jobs/{ID}"
    service.say(begun(service), DONE, found("FAILED", 0, [NOTE], understood=None), DONE)
    refused = client.dry_run(FILE)
    assert (refused["accepted"], refused["problems"], refused["rows"]) == (False, [NOTE], 0)
    service.say(begun(service), DONE, problem(404, "job-not-found"), DONE)
    with pytest.raises(NotFoundError):
        client.dry_run(FILE)
    assert paths(service)[-1] == f"DELETE /jobs/{ID}"


def test_a_file_of_just_the_limit_is_sent_in_one_request(service: Service, client: Watched) -> None:
    service.say(Reply(202, {"request_id": ID}))
    client.upload(FILE[:SMALL_ENOUGH])
    assert paths(service) == ["POST /upload"]
