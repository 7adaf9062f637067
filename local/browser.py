"""A browser for the screenshots and the tests of the page: a Chromium on the PATH, driven by Playwright."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local.runner.children import PROJECT
from local.runner.errors import LocalError

DRIVER = PROJECT / ".browser"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


@contextmanager
def browser(*options: str) -> Iterator[Any]:
    """Start the browser with further options; raise LocalError if it or its driver is missing."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise LocalError(f"None of these is on the PATH: {', '.join(BROWSERS)}.")
    if not (DRIVER / "playwright").is_dir():
        raise LocalError("Playwright is missing: make test and make screenshots get it.")
    sys.path.append(str(DRIVER))
    from playwright.sync_api import sync_playwright  # in DRIVER

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=[*OPTIONS, *options])
        yield started
        started.close()
