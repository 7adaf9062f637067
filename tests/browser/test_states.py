"""Each state of the page in three widths and both themes: axe-core finds nothing, and nothing is cut off."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.demo import catalogue
from local.hosts.image_server import ImageServer
from local.runner.system import System
from tests.browser.test_jobs import submitted

WIDTHS = (1280, 390, 320)
THEMES = ("light", "dark")
UNKNOWN = "00000000-0000-4000-8000-000000000000"

type Opened = Callable[..., Any]


@pytest.fixture(scope="module")
def axe(browser: Any) -> Any:
    from axe_playwright_python.sync_playwright import Axe

    return Axe()


def states(page: Any, tmp_path: Path, images: ImageServer) -> Iterator[str]:
    """Bring the page into one state after the other; yield their names."""
    yield "new"
    good = tmp_path / f"{'a-very-long-name-of-a-file-' * 5}.csv"
    good.write_bytes(catalogue(images.url))
    bad = tmp_path / "bad.csv"
    bad.write_text("SKU,Title\r\n1,Tea\r\n")
    page.set_input_files("#file", bad)
    page.locator("main").get_by_text("cannot be used as it is").wait_for()
    yield "refused"
    page.set_input_files("#file", good)
    page.locator("main").get_by_text("Choose other columns").click()
    yield "understood"
    job = submitted(page, good)
    page.locator("main").get_by_text("18 of 22 images are done").wait_for()
    page.locator(".failures summary").first.click()
    page.locator(".failures li").first.wait_for()
    yield "done"
    page.locator(".thumb").first.click()
    page.get_by_role("dialog").wait_for()
    yield "compare"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Delete").click()
    yield "question"
    page.keyboard.press("Escape")
    page.goto(page.url.replace(job, UNKNOWN))
    page.locator("main").get_by_text("There is no such job").wait_for()
    yield "unknown"
    page.get_by_role("link", name="Jobs", exact=True).click()
    page.locator(".jobs a").first.wait_for()
    yield "jobs"


def test_every_state_is_usable_by_everybody(
    opened: Opened, axe: Any, images: ImageServer, tmp_path: Path
) -> None:
    page = opened()
    seen = {}
    for state in states(page, tmp_path, images):
        for theme in THEMES:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                wide = page.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, f"{state} scrolls sideways at {width} px"
            report = axe.run(page).response
            assert report["passes"]
            found = report["violations"]
            seen[f"{state}, {theme}"] = [
                (fault["id"], [node["html"] for node in fault["nodes"]]) for fault in found
            ]
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    faults = {state: found for state, found in seen.items() if found}
    assert not faults, json.dumps(faults, indent=1)
    assert len(seen) == 16


def test_the_key_is_asked_for_before_a_file_is_sent(opened: Opened, tmp_path: Path) -> None:
    with System(parameters={"Authentication": "keys"}) as locked:
        token = locked.invoke("KeysFunction", {"action": "make", "name": "Page"})["token"]
        page = opened(base=locked.url)
        sent: list[str] = []
        page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
        path = tmp_path / "products.csv"
        path.write_text("SKU,Title,Image\r\n1,Tea,https://host.test/a.jpg\r\n")
        page.set_input_files("#file", path)
        page.get_by_role("heading", name="Catalight needs your API key").wait_for()
        assert not [call for call in sent if call.startswith("POST")]
        page.get_by_role("textbox", name="API key").fill("catalight_wrong")
        page.get_by_role("button", name="Use this key").click()
        page.get_by_role("heading", name="This API key does not work").wait_for()
        page.get_by_role("textbox", name="API key").fill(token)
        page.get_by_role("button", name="Use this key").click()
        page.locator("main").get_by_text("1 image").first.wait_for()
        assert not [call for call in sent if token in call]
