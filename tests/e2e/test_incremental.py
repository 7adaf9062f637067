"""The same catalogue again, on the whole local system: only what has changed is made again."""

from typing import Any

from local.client import Client, rows_of
from local.hosts.image_server import ImageServer
from local.runner.system import System
from tests.e2e.test_job import finish
from tests.integration.local.waiting import eventually
from tests.pipeline import csv_of

NUMBERS = range(920, 940)  # 20 images, all different
CHANGED = "/930.jpg"
CODEC = ("decode", "resize", "encode", "store")


def submit(client: Client, data: bytes, **fields: str) -> tuple[str, dict[str, Any], list[dict[str, str]]]:
    """Return the id of a job that has ended, its status and the rows of its result."""
    job = client.upload(data, **fields)["request_id"]
    status = finish(client, job)
    return job, status, rows_of(client.download(job))


def links(rows: list[dict[str, str]]) -> list[str]:
    return [row["Output Image Urls"] for row in rows]


def test_the_second_run_costs_what_changed(client: Client, images: ImageServer, system: System) -> None:
    paths = [f"/{number}.jpg" for number in NUMBERS]
    data = csv_of(*(images.url + path for path in paths))
    first, status, rows = submit(client, data)
    assert (status["images"]["done"], status["unchanged"]) == (20, 0)

    second, status, again = submit(client, data)
    assert (status["images"], status["unchanged"]) == ({"total": 20, "done": 20, "failed": 0}, 20)
    assert {images.requests[path] for path in paths} == {2}
    assert {images.unchanged.get(path) for path in paths} == {1}
    assert [status["milliseconds"][stage] for stage in CODEC] == [0, 0, 0, 0]
    assert status["bytes"] == {"in": 0, "out": 0}
    assert links(again) == links(rows)
    assert {row["Notes"] for row in again} == {"UNCHANGED"}
    assert {row["Status"] for row in again} == {"DONE"}

    images.replaced[CHANGED] = 1
    third, status, changed = submit(client, data)
    assert (status["images"]["done"], status["unchanged"]) == (20, 19)
    assert {images.unchanged[path] for path in paths if path != CHANGED} == {2}
    differing = [
        number
        for number, pair in enumerate(zip(links(rows), links(changed), strict=True))
        if pair[0] != pair[1]
    ]
    assert differing == [paths.index(CHANGED)]
    assert (
        client.image(links(changed)[differing[0]]).content != client.image(links(rows)[differing[0]]).content
    )
    assert [row["images"][0]["unchanged"] for row in client.rows(third)].count(True) == 19

    _, status, _ = submit(client, data, max_age="1")
    assert status["unchanged"] == 20
    assert {images.requests[path] for path in paths} == {3}

    own = links(rows)[differing[0]]  # of the first two jobs only
    for job in (first, second):
        client.http.delete(f"{client.url}/jobs/{job}").raise_for_status()
    eventually(lambda: client.http.get(own).status_code == 404)
    for link in links(changed):
        assert client.image(link).headers["Content-Type"] == "image/jpeg"

    _, status, fresh = submit(client, data, fresh="true")
    assert status["unchanged"] == 0
    assert set(links(fresh)).isdisjoint(links(changed))
