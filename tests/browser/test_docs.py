"""The documentation of the API in a browser: it loads nothing from elsewhere, and sends what is filled in."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.client import Client
from local.hosts.image_server import ImageServer
from local.runner.system import System
from tests.browser.conftest import PATIENCE
from tests.browser.test_jobs import sent

type Opened = Callable[..., Any]


def tried(page: Any, operation: str) -> Any:
    """Open the form of an operation."""
    block = page.locator(f'[id$="-{operation}"].opblock')
    block.locator(".opblock-summary").click()
    block.get_by_role("button", name="Try it out").click()
    return block


def field(block: Any, name: str) -> Any:
    return block.locator(f'[data-property-name="{name}"]').locator("input, select")


def parts(block: Any) -> list[str]:
    """The fields that were sent, of the command that Swagger UI shows."""
    return re.findall(r"-[Fd] '(\w+=[^']*)'", block.locator(".curl").inner_text())


def executed(page: Any, block: Any) -> Any:
    """Send the form; return the API's answer."""
    with page.expect_response(lambda answer: answer.request.method == "POST") as answered:
        block.get_by_role("button", name="Execute").click()
    return answered.value


def test_operations_are_tried_out_with_the_defaults(
    opened: Opened, system: System, images: ImageServer, tmp_path: Path
) -> None:
    page = opened("docs")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()

    upload = tried(page, "upload")
    assert field(upload, "max_width").input_value() == field(upload, "format").input_value() == ""
    notes = upload.locator("[data-property-name]").filter(has_text="Default: ")
    named = notes.evaluate_all("rows => rows.map(row => row.dataset.propertyName)")
    assert {"quality", "strict"} <= set(named)
    assert not {"file", "max_width"} & set(named)
    field(upload, "file").set_input_files(sent(tmp_path, [f"{images.url}/3200.jpg"], "example.csv"))
    answer = executed(page, upload)
    assert answer.status == 202
    assert parts(upload) == ["file=@example.csv;type=text/csv"]
    client = Client(system.url)
    *_, status = client.watch(answer.json()["request_id"], 60)
    assert status["images"] == {"total": 1, "done": 1, "failed": 0}
    answer = client.http.get(f"{system.url}/jobs/{status['request_id']}/rows", timeout=PATIENCE)
    [image] = answer.json()["rows"][0]["images"]
    assert (image["width"], image["height"]) == (300, 225)

    preview = tried(page, "begin_preview")
    preview.get_by_role("button", name="Execute").click()
    assert preview.locator(".invalid").count() == 1, "the URL of the image is asked for"
    for name, text in (("url", f"{images.url}/3201.jpg"), ("quality", "40")):
        field(preview, name).fill(text)
    field(preview, "format").select_option("webp")
    preview.get_by_role("button", name="Reset").click()
    assert [field(preview, name).input_value() for name in ("url", "quality", "format")] == ["", "", ""]
    field(preview, "url").fill(f"{images.url}/3201.jpg")
    assert executed(page, preview).status == 202
    assert [part.partition("=")[0] for part in parts(preview)] == ["url"]

    uploads = tried(page, "begin_upload")
    uploads.get_by_label("Request content type").select_option("application/json")
    assert executed(page, uploads).status == 201
    assert all(address.startswith(f"{system.url}/") for address in asked), asked
    assert len(asked) >= 8
