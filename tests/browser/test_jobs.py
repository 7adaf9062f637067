"""The page in a browser, against the real system: from the drop of a file to its download."""

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.demo import catalogue
from local.hosts.image_server import ImageServer

type Opened = Callable[..., Any]


def sent(tmp_path: Path, urls: list[str], name: str = "products.csv") -> Path:
    """A file with a row for each URL."""
    path = tmp_path / name
    path.write_text("\r\n".join(["SKU,Title,Image", *(f"A-{n},Tea,{url}" for n, url in enumerate(urls))]))
    return path


def submitted(page: Any, path: Path) -> str:
    """Send a file by the page; return the id of its job."""
    page.set_input_files("#file", path)
    page.get_by_role("button", name="Compress the images").click()
    page.wait_for_url(re.compile("#/jobs/"))
    return str(page.url.rpartition("/")[2])


def test_from_a_file_to_its_result(opened: Opened, images: ImageServer, tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_bytes(catalogue(images.url))
    page = opened()
    page.set_input_files("#file", path)
    page.locator("main").get_by_text("A CSV file with 14 products and 22 images").wait_for()
    assert "n/a" in page.get_by_role("heading", name="Worth a look").locator("..").inner_text()
    page.get_by_role("button", name="Compress the images").click()
    page.locator("main").get_by_text("18 of 22 images are done, 4 failed.").wait_for()
    assert page.title().startswith("Done")
    page.locator("details", has_text="no image at this URL").locator("summary").click()
    page.locator("main").get_by_text(f"{images.url}/missing/2.jpg").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="The file with the new URLs").click()
    [first, *_] = csv.DictReader(Path(download.value.path()).read_text().splitlines())
    assert "/images/" in first["Output Image Urls"]
    assert page.get_by_role("button", name="The same as").all_inner_texts() == ["The same as Excel"]
    heads = page.locator("main h2").all_inner_texts()
    assert heads == ["Download", "A look at the first images", "4 images failed"]
    page.locator(".thumb").first.click()
    dialog = page.get_by_role("dialog", name="Row 1: Product 0")
    dialog.get_by_role("button", name="Zoom in").click()
    shown = "() => [...document.querySelectorAll('.stage img')].every(image => image.naturalWidth > 0)"
    page.wait_for_function(shown)


def test_buttons_say_that_they_do_nothing_offline(
    opened: Opened, images: ImageServer, tmp_path: Path
) -> None:
    page = opened()
    page.set_input_files("#file", sent(tmp_path, [f"{images.url}/9111.jpg"]))
    page.get_by_role("button", name="Compress the images", exact=True).wait_for()
    page.context.set_offline(True)
    page.get_by_role("button", name="Compress the images (offline)", exact=True).click()
    page.locator("#live").get_by_text("You are offline.").wait_for()
    page.context.set_offline(False)
    page.get_by_role("button", name="Compress the images", exact=True).click()
    page.locator("main").get_by_text("The image is done.").wait_for()


def test_failed_images_are_tried_again(opened: Opened, images: ImageServer, tmp_path: Path) -> None:
    page = opened()
    submitted(page, sent(tmp_path, [f"{images.url}/later/9100.jpg", f"{images.url}/9101.jpg"]))
    page.locator("main").get_by_text("1 of 2 images are done, 1 failed.").wait_for()
    images.fixed.set()
    page.get_by_role("button", name="Try 1 failed image again").click()
    page.locator("main").get_by_text("All 2 images are done.").wait_for()
    assert page.get_by_role("button", name="again").count() == 0


def test_thumbnails_stay_in_the_order_of_the_file(
    opened: Opened, images: ImageServer, tmp_path: Path
) -> None:
    page = opened()
    submitted(page, sent(tmp_path, [f"{images.url}/held/9336.jpg", f"{images.url}/9337.jpg"]))
    thumbs = page.locator(".thumb")
    thumbs.wait_for()
    assert thumbs.get_attribute("title").startswith("Row 2: ")
    images.fixed.set()
    thumbs.nth(1).wait_for()
    assert [thumb.get_attribute("title")[:7] for thumb in thumbs.all()] == ["Row 1: ", "Row 2: "]


def test_two_tabs_show_their_own_jobs(opened: Opened, images: ImageServer, tmp_path: Path) -> None:
    """One is reloaded in the middle, the other cancelled and deleted."""
    one, other = opened(), opened()
    first = submitted(one, sent(tmp_path, [f"{images.url}/held/9110.jpg"], "first.csv"))
    second = submitted(other, sent(tmp_path, [f"{images.url}/held/{n}.jpg" for n in range(9120, 9160)]))
    assert first != second
    one.reload()
    one.get_by_role("heading", name="first.csv").wait_for()
    other.get_by_role("button", name="Cancel").click()
    images.fixed.set()
    other.locator("main").get_by_text("Cancelled after").wait_for()
    one.locator("main").get_by_text("The image is done.").wait_for()
    other.get_by_role("button", name="Delete").click()
    other.get_by_role("button", name="Delete it").click()
    other.wait_for_url(re.compile("#/jobs$"))
    other.locator("main").get_by_text("first.csv").wait_for()
    assert second not in other.content()


def test_a_lost_connection_loses_no_job(opened: Opened, images: ImageServer, tmp_path: Path) -> None:
    page = opened()
    submitted(page, sent(tmp_path, [f"{images.url}/held/9170.jpg"]))
    page.context.set_offline(True)
    page.locator("#connection").get_by_text("Trying again in").wait_for()
    images.fixed.set()
    page.context.set_offline(False)
    page.locator("main").get_by_text("The image is done.").wait_for()
    assert page.locator("#connection").inner_text() == ""


def test_a_busy_service_loses_no_job(opened: Opened, images: ImageServer, tmp_path: Path) -> None:
    page = opened()
    answers = iter([429, 502, 503, 504])

    def busy(route: Any) -> None:
        status = next(answers, None)
        if status is None:
            route.continue_()
        else:
            route.fulfill(status=status, headers={"Retry-After": "0"}, body='{"message": "busy"}')

    page.route("**/status/*", busy)
    submitted(page, sent(tmp_path, [f"{images.url}/9180.jpg"]))
    page.locator("main").get_by_text("The image is done.").wait_for()
    assert next(answers, None) is None


def test_a_large_file_is_sent_to_the_storage(opened: Opened, images: ImageServer, tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    rows = (f"A-{n},{'tea ' * 300},{images.url}/{9190 + n % 2}.jpg" for n in range(4000))
    path.write_text("\r\n".join(["SKU,Title,Image", *rows]))
    page = opened()
    page.set_input_files("#file", path)
    page.get_by_role("button", name="Send the file").click()
    page.get_by_role("heading", name="What is in it").wait_for()
    page.get_by_role("button", name="Compress the images").click()
    page.get_by_role("button", name="Cancel").click()
    page.locator("main").get_by_text("Cancelled after").or_(
        page.locator("main").get_by_text("All 4,000 images are done.")
    ).wait_for()
