"""Suppliers' files on the whole local system: several image columns, remembered columns, feeds."""

import json

import requests

from local.client import TIMEOUT, Client, rows_of
from local.hosts.image_server import ImageServer
from tests.e2e.test_job import finish

OUTPUTS = ("Output Image Src", "Output Variant Image")


def shopify(base: str) -> bytes:
    lines = (
        "Handle,Title,Variant SKU,Image Src,Variant Image",
        f"tea,Tea,T1,{base}/1.jpg,{base}/2.jpg",
        f'tea,,,"{base}/3.jpg, {base}/missing/94.jpg",',
        f"pot,Pot,P1,,{base}/5.jpg",
        "cup,Cup,C1,,",
    )
    return "\n".join((*lines, "")).encode()


def test_each_image_column_of_a_shops_export_has_its_output(client: Client, images: ImageServer) -> None:
    data = shopify(images.url)
    accepted = client.upload(data, max_width="100")
    assert accepted["understood"]["columns"]["program"] == "Shopify"
    assert (accepted["rows"], accepted["images"]) == (4, 5)
    status = finish(client, accepted["request_id"])
    assert status["images"] == {"total": 5, "done": 4, "failed": 1}
    result = client.download(accepted["request_id"])
    first, second, third, last = rows_of(result)
    assert result.startswith(
        b"Handle,Title,Variant SKU,Image Src,Variant Image,Output Image Src,Output Variant Image,Status,"
    )
    assert all(client.image(first[name]).ok for name in OUTPUTS)
    assert client.image(second[OUTPUTS[0]].split(",")[0]).ok
    assert (second[OUTPUTS[1]], third[OUTPUTS[0]], last[OUTPUTS[0]]) == ("", "", "")
    assert client.image(third[OUTPUTS[1]]).ok
    assert [row["Status"] for row in (first, second, third, last)] == ["DONE", "PARTIAL", "DONE", "EMPTY"]


def test_a_dry_run_is_followed_by_named_columns_that_are_remembered(
    client: Client, images: ImageServer
) -> None:
    data = f"Code,Front,Back\n1,{images.url}/1.jpg,{images.url}/2.jpg\n".encode()

    def dry_run() -> dict[str, object]:
        answer = requests.post(
            f"{client.url}/upload?dry_run=true", files={"file": ("a.csv", data)}, timeout=TIMEOUT
        )
        columns: dict[str, object] = answer.json()["understood"]["columns"]
        return columns

    assert (dry_run()["images"], dry_run()["reason"]) == (["Front", "Back"], "content")
    accepted = client.upload(data, columns=json.dumps({"images": ["Front"]}))
    assert accepted["images"] == 1
    assert (dry_run()["images"], dry_run()["reason"]) == (["Front"], "remembered")
    [known] = requests.get(f"{client.url}/columns", timeout=TIMEOUT).json()["columns"]
    assert requests.delete(f"{client.url}/columns/{known['id']}", timeout=TIMEOUT).status_code == 204
    assert dry_run()["reason"] == "content"


def test_a_feed_is_fetched_and_becomes_a_job(client: Client, images: ImageServer) -> None:
    form = {"file_url": (None, f"{images.url}/catalogue.csv")}
    answer = requests.post(f"{client.url}/upload", files=form, timeout=TIMEOUT)
    assert answer.status_code == 202, answer.text
    status = finish(client, answer.json()["request_id"])
    assert (status["file_name"], status["images"]) == (
        "catalogue.csv",
        {"total": 2, "done": 2, "failed": 0},
    )
    missing = {"file_url": (None, f"{images.url}/missing/catalogue.csv")}
    refused = requests.post(f"{client.url}/upload", files=missing, timeout=TIMEOUT)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:catalight:problem:feed")
