"""A look at one image before a file is sent, and where the keyboard's focus is meanwhile."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.hosts.image_server import ImageServer
from tests.browser.test_jobs import sent

type Opened = Callable[..., Any]

FIRST = 9200  # no other test asks for these
FOCUSED = "document.activeElement.textContent"
ON_BODY = "document.activeElement === document.body"


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name).focus()
    page.keyboard.press("Enter")


def test_one_image_is_seen_before_any_job_exists(opened: Opened, images: ImageServer, tmp_path: Path) -> None:
    page = opened()
    urls = [f"{images.url}/{FIRST}.jpg", f"{images.url}/missing/{FIRST + 1}.jpg"]
    page.set_input_files("#file", sent(tmp_path, urls, "look.csv"))
    page.get_by_label("Largest width (pixels)").fill("100")
    press(page, "Show the difference")
    page.locator(".looked").get_by_text("pixels instead of 300").wait_for()
    assert page.locator(".stage img").count() == 2
    assert page.evaluate(FOCUSED) == "Show the difference"
    page.get_by_label("Largest width (pixels)").fill("50")
    page.get_by_text("The settings have changed since").wait_for()
    page.get_by_label("Image to look at").select_option(index=1)
    press(page, "Show the difference")
    page.locator(".looked").get_by_text("There is no image at this URL any more").wait_for()
    page.get_by_role("link", name="Jobs", exact=True).click()
    page.locator("h1", has_text="Jobs").wait_for()
    assert page.get_by_text("look.csv").count() == 0


def test_a_large_file_is_sent_read_looked_at_and_confirmed(
    opened: Opened, images: ImageServer, tmp_path: Path
) -> None:
    path = tmp_path / "large.csv"
    lines = [f"{n},{'x' * 120_000},{images.url}/{FIRST + 10 + n}.jpg" for n in range(38)]
    path.write_text("\n".join(["SKU,Note,Image", *lines]))
    page = opened()
    page.set_input_files("#file", path)
    press(page, "Send the file")
    page.locator("main").get_by_text("of which the beginning was read").wait_for()
    press(page, "Show the difference")
    page.locator(".looked .compare").wait_for()
    press(page, "Choose other options")
    press(page, "Send the file")
    page.get_by_text("Choose other columns", exact=True).click()
    page.get_by_label("Product name").select_option("SKU")
    press(page, "Send the file again with these columns")
    page.get_by_role("button", name="Send the file").first.wait_for(state="hidden")
    page.get_by_text("Choose other columns", exact=True).click()
    assert page.get_by_label("Product name").input_value() == "SKU"
    press(page, "Compress the images")
    page.locator("main").get_by_text("All 38 images are done.").wait_for()
    assert not page.evaluate(ON_BODY)


def test_focus_does_not_fall_to_the_body(opened: Opened, images: ImageServer, tmp_path: Path) -> None:
    page = opened()
    page.set_input_files("#file", sent(tmp_path, [f"{images.url}/{FIRST + 2}.jpg"]))
    page.get_by_text("Choose other columns", exact=True).click()
    press(page, "Use these columns")  # it is removed
    page.locator("main :focus").wait_for()
    assert "products.csv" in page.evaluate(FOCUSED)
    page.route(
        "**/upload", lambda route: route.fulfill(status=422, json={"title": "No", "detail": "Refused."})
    )
    press(page, "Compress the images")
    page.get_by_text("Refused.").wait_for()
    assert page.evaluate(FOCUSED) == "Compress the images"
