"""Suppliers' files on the whole local system: workbooks, image columns, remembered columns, feeds."""

import json

import requests
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from local.client import TIMEOUT, Client, rows_of
from local.hosts.image_server import ImageServer
from tests.corpora.catalogues.sheets import xlsx
from tests.e2e.test_job import finish
from tests.results import sheets_of

OUTPUTS = ("Output Image Src", "Output Variant Image")
TWELVE = [f"Image {number}" for number in range(1, 13)]
# A share link whose download never leaves this machine: no host may have so long a name.
NO_HOST = f"https://{'x' * 64}.sharepoint.com/:i:/s/site/EaB"


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


def workbook(base: str) -> bytes:
    """A workbook with twelve image columns: of URLs, of links behind texts, and of five URLs twice."""

    def link(_: xlsxwriter.Workbook, made: dict[str, Worksheet]) -> None:
        sheet = made["Products"]
        for column in range(12):
            sheet.write_url(4, 2 + column, f"{base}/{720 + column}.jpg", string="photo")
        sheet.write_formula("N6", f'=IMAGE("{base}/740.jpg")', None, "")
        sheet.write_url("M6", NO_HOST, string="on SharePoint")

    urls = [f"{base}/{700 + column}.jpg" for column in range(12)]
    twice = [f"{base}/{750 + column % 5}.jpg" for column in range(10)]
    rows = [["Catalogue of May"], [], ["SKU", "Title", *TWELVE]]
    return xlsx({"Products": [*rows, ["007", "Tea", *urls], ["008", "Pot"], ["009", "Cup", *twice]]}, link)


def test_a_workbook_with_twelve_image_columns_links_and_share_links(
    client: Client, images: ImageServer
) -> None:
    accepted = client.upload(workbook(images.url), "products.xlsx", max_width="100")
    understood = accepted["understood"]
    assert (understood["format"], understood["header_row"]) == ("xlsx", 3)
    assert (understood["columns"]["images"], accepted["images"], accepted["duplicates"]) == (TWELVE, 36, 5)
    status = finish(client, accepted["request_id"])
    assert (status["images"], status["duplicates"]) == ({"total": 36, "done": 35, "failed": 1}, 5)

    sheets = sheets_of(client.download(accepted["request_id"]))
    header, *lines = sheets["Products"]
    assert header[:27] == ["SKU", "Title", *TWELVE, *(f"Output {name}" for name in TWELVE), "Status"]
    first, second, third = (dict(zip(header, line, strict=True)) for line in lines)
    assert [row["SKU"] for row in (first, second, third)] == ["007", "008", "009"]
    assert second["Image 1"] == "photo"
    assert [row["Status"] for row in (first, second, third)] == ["DONE", "DONE", "PARTIAL"]
    for name in TWELVE:
        assert client.image(first[f"Output {name}"]).ok
        assert client.image(second[f"Output {name}"]).ok
    links = [third[f"Output {name}"] for name in TWELVE[:10]]
    assert links[:5] == links[5:]
    assert all(client.image(link).ok for link in links)
    assert third["Output Image 11"] == ""
    assert client.image(third["Output Image 12"]).ok
    notes = [
        note.partition("+SAME_AS")[0] for note in second["Notes"].split(",")
    ]  # the server repeats images
    assert notes == ["URL_LINKED"] * 12
    assert third["Notes"].split(",")[10] == "URL_DOWNLOAD+URL_LINKED"
    assert third["Notes"].split(",")[11].startswith("URL_LINKED")
    [failure] = (line[3:8] for line in sheets["Failures"][1:])
    assert failure[:3] == ["Image 11", "11", ""]
    assert ".sharepoint.com/:i:/s/site/EaB" in failure[3]  # the URL behind the text of the cell
    assert failure[4] == "invalid_url"
    # Each once, or once more after an interruption: other tests stop what these images are stored in.
    numbers = [*range(700, 712), *range(720, 732), 740, *range(750, 755)]
    assert {images.requests[f"/{number}.jpg"] for number in numbers} <= {1, 2}
    assert sum(images.requests[f"/{number}.jpg"] for number in range(750, 755)) < 10

    rows = requests.get(f"{client.url}/jobs/{accepted['request_id']}/rows", timeout=TIMEOUT).json()["rows"]
    shared = rows[2]["images"][10]
    assert (shared["written"], shared["notes"]) == ("on SharePoint", ["URL_DOWNLOAD", "URL_LINKED"])
    assert shared["error"] == "invalid_url"
