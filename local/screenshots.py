"""`make screenshots`: takes the pictures of the README from the real system: the page, and the command line.

It needs a Chromium on the PATH, and Playwright.
"""

import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from local.client import Client
from local.demo import catalogue
from local.hosts.image_server import image_server
from local.runner.children import PROJECT
from local.runner.errors import LocalError
from local.runner.system import System

DOCS = PROJECT / "docs"
DRIVER = PROJECT / ".browser"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
SIZE = {"width": 1120, "height": 900}
COLUMNS = 108
JOB_SECONDS = 120
COMMAND_SECONDS = 120
FONTS = re.compile(r"@font-face\s*\{[^}]*\}")  # Rich's SVG would load a font from another host


@contextmanager
def browser() -> Iterator[Any]:
    """Start the browser; raise LocalError if there is none."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise LocalError(f"Screenshots need one of these on the PATH: {', '.join(BROWSERS)}.")
    sys.path.append(str(DRIVER))
    from playwright.sync_api import sync_playwright  # in .browser

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=OPTIONS)
        yield started
        started.close()


def shoot(started: Any, url: str, request_id: str) -> None:
    """Write the pictures of a job that has ended, of the comparison, and of the first view."""
    for theme, ending in (("light", ""), ("dark", "-dark")):
        page = started.new_page(viewport=SIZE, color_scheme=theme, reduced_motion="reduce", locale="en-GB")
        page.goto(f"{url}/#/jobs/{request_id}")
        page.wait_for_selector(".thumb img")
        page.evaluate("document.activeElement.blur()")  # the ring around the heading
        page.wait_for_load_state("networkidle")
        page.screenshot(path=DOCS / f"page{ending}.png", full_page=True)
        if theme == "light":
            page.locator(".thumb").first.click()
            page.wait_for_selector("dialog[open] .stage img")
            page.wait_for_load_state("networkidle")
            page.screenshot(path=DOCS / "page-compare.png")
        page.close()


def record(url: str, data: bytes, folder: Path) -> None:
    """Write docs/cli.svg: a run of the installed command, and what it printed."""
    (folder / "products.csv").write_bytes(data)
    screen = Console(record=True, width=COLUMNS, file=io.StringIO(), color_system="truecolor")
    environment = os.environ | {"CATALIGHT_URL": url, "COLUMNS": str(COLUMNS)}
    for command in ("catalight submit products.csv --wait -o result.csv", "catalight list"):
        done = subprocess.run(
            [Path(sys.executable).with_name("catalight"), *command.split()[1:]],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        if done.returncode > 1:  # 1: some images failed, as they should
            raise LocalError(f"`{command}` ended with {done.returncode}: {done.stdout.decode()}")
        screen.print(Text.assemble(("$ ", "bold green"), (command, "bold")))
        screen.print(Text(done.stdout.decode()))
    svg = screen.export_svg(title="catalight", theme=MONOKAI, unique_id="catalight")
    (DOCS / "cli.svg").write_text(FONTS.sub("", svg), encoding="utf-8")


def main() -> int:
    """Write all pictures; return the exit code."""
    os.environ["CATALIGHT_ALLOW_PRIVATE_HOSTS"] = "1"
    try:
        with ExitStack() as stack:
            started = stack.enter_context(browser())
            system = stack.enter_context(System())
            data = catalogue(stack.enter_context(image_server()).url)
            client = Client(system.url)
            request_id = client.upload(data, "products.csv", quality="auto")["request_id"]
            for _ in client.watch(request_id, JOB_SECONDS):
                pass
            shoot(started, system.url, request_id)
            folder = PROJECT / ".local" / "screenshots"
            folder.mkdir(parents=True, exist_ok=True)
            record(system.url, data, folder)
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
