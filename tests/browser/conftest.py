"""A browser, and a local system whose page it opens. Without a browser, these tests are skipped, loudly."""

import shutil
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.hosts.image_server import ImageServer, image_server
from local.runner.system import System
from local.screenshots import BROWSERS, DRIVER

OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE = 30_000  # milliseconds that a step may take

sys.path.append(str(DRIVER))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's chromium, or what else is there. Playwright's event loop runs until a module has ended."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None or not (DRIVER / "playwright").is_dir():
        missing = (
            f"no browser ({', '.join(BROWSERS)})" if found is None else "no Playwright (make test gets it)"
        )
        pytest.skip(f"The page was NOT TESTED: {missing}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def system(browser: Any) -> Iterator[System]:
    """A local system, started only if there is a browser."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATALIGHT_ALLOW_PRIVATE_HOSTS", "1")
        with System(parameters={"ImageRetryPauses": "1"}) as system:
            yield system


@pytest.fixture
def images() -> Iterator[ImageServer]:
    with image_server(300, 225) as server:
        yield server


@pytest.fixture
def opened(browser: Any, system: System) -> Iterator[Callable[..., Any]]:
    """Open the page, or another address of it, in a new profile; no script may fail in it."""
    contexts, faults = [], []

    def open_page(address: str = "", *, base: str = system.url, **options: Any) -> Any:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{base}/{address}")
        page.wait_for_selector("h1")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults
