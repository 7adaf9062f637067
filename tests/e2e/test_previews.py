"""Previews on the whole local system: sources that browsers show, and sources that they do not."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
import requests
from PIL import Image

from local.client import TIMEOUT, Client
from local.hosts.http_server import Handler, Server, serving
from local.hosts.image_server import ImageServer
from tests.integration.local.waiting import eventually

HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200)


def tiff() -> bytes:
    file = BytesIO()
    Image.effect_noise((300, 200), 50).convert("CMYK").save(file, "TIFF")
    return file.getvalue()


class _Host(Handler):
    def do_GET(self) -> None:
        self.answer(200, tiff() if "tiff" in self.path else HEIC, "image/jpeg")


@pytest.fixture
def host() -> Iterator[Server]:
    with serving(server := Server(("127.0.0.1", 0), _Host)):
        yield server


def preview(client: Client, url: str, **fields: str) -> dict[str, Any]:
    """Begin a preview; return it once it has ended."""
    begun = requests.post(f"{client.url}/preview", data={"url": url, **fields}, timeout=TIMEOUT)
    assert begun.status_code == 202, begun.text
    address = client.url + begun.headers["Location"]

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = requests.get(address, timeout=TIMEOUT).json()
        return found if found["state"] != "PENDING" else None

    found = eventually(ended, 30)
    assert found
    return found


def size(shown: dict[str, Any]) -> tuple[str | None, tuple[int, int]]:
    """Return the format and the size of what a link of a preview leads to, which must be as it was said."""
    answer = requests.get(shown["url"], timeout=TIMEOUT)
    assert answer.headers["Content-Type"] == shown["type"]
    with Image.open(BytesIO(answer.content)) as image:
        image.load()
        assert image.size == (shown["width"], shown["height"])
        return image.format, image.size


def test_a_preview_is_as_a_job_would_make_it_beside_its_original(client: Client, images: ImageServer) -> None:
    jobs = requests.get(f"{client.url}/jobs", timeout=TIMEOUT).json()["jobs"]
    url = f"{images.url}/3030.jpg"
    found = preview(client, url, format="webp", max_width="120", quality="auto")
    assert size(found["image"]) == ("WEBP", (120, 90))
    assert size(found["original"]) == ("JPEG", (600, 450))
    assert found["original"]["bytes"] == len(requests.get(url, timeout=TIMEOUT).content)
    assert found["image"]["bytes"] < found["original"]["bytes"]
    assert found["image"]["quality"]
    assert requests.get(f"{client.url}/jobs", timeout=TIMEOUT).json()["jobs"] == jobs


def test_an_original_that_browsers_do_not_show_becomes_one_that_they_do(client: Client, host: Server) -> None:
    found = preview(client, f"{host.url}/tiff")
    assert size(found["image"])[0] == "JPEG"
    assert size(found["original"]) == ("PNG", (300, 200))


def test_a_source_that_cannot_be_read_says_what_it_is(client: Client, host: Server) -> None:
    found = preview(client, f"{host.url}/heic")
    assert (found["state"], found["error"]["code"]) == ("FAILED", "not_an_image")
    assert "HEIC" in found["error"]["detail"]
