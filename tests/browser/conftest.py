"""A browser, and a local system whose page it opens. Without a browser, these tests are skipped, loudly."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import local.browser
from local.hosts.image_server import ImageServer, image_server
from local.runner.errors import LocalError
from local.runner.system import System

PATIENCE = 30_000  # milliseconds that a step may take


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's chromium, or what else is there. Playwright's event loop runs until a module has ended."""
    try:
        with local.browser.browser() as browser:
            yield browser
    except LocalError as error:
        pytest.skip(f"The page was NOT TESTED. {error}")


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
