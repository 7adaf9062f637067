"""`make demo`: runs one job from upload to webhook on this machine, and checks every result.

It serves a small catalogue of images that the project draws (or takes your own CSV), submits it to a local
system, shows the progress, receives and verifies the webhook, and compares the results with the expected
ones. The images and the result are left in a folder.

Exit codes: 0 all well; 1 a fault of Catalight; 2 the catalogue was refused, or there is no such file; 3 all
is as it should be, but some images of your own catalogue could not be had, for example a 404 of the supplier.
"""

import argparse
import io
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from math import inf
from pathlib import Path
from queue import Empty
from typing import Any

import requests
from PIL import Image
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from local.client import Client
from local.hosts.image_server import image_server
from local.hosts.webhook_receiver import WebhookReceiver, webhook_receiver
from local.runner.errors import LocalError
from local.runner.system import System

JOB_SECONDS = 600
WEBHOOK_SECONDS = 30
FOLDER = Path(".local/demo")
RESULT = FOLDER / "result.csv"
FAULT, REFUSED, IMAGES_FAILED = 1, 2, 3
OURS = ("internal_error", "gave_up")  # the other error codes are about the URL, its host or the image

console = Console(highlight=False)


@dataclass(frozen=True, slots=True)
class Product:
    """A row of the demo's catalogue: the path of each image with its expected error code, empty for none."""

    name: str
    images: tuple[tuple[str, str], ...]


PRODUCTS = (
    *(Product(f"Product {n}", ((f"/{2 * n}.jpg", ""), (f"/{2 * n + 1}.jpg", ""))) for n in range(8)),
    Product("Busy at first", (("/busy/9.jpg", ""),)),
    Product("Half missing", (("/18.jpg", ""), ("/missing/2.jpg", "not_found"))),
    Product("Not an image", (("/text/1.jpg", "not_an_image"),)),
    Product("Truncated", (("/cut/1.jpg", "corrupt_image"),)),
    Product("Invalid URL", (("n/a", "invalid_url"),)),
    Product("No image", ()),
)


def catalogue(base: str) -> bytes:
    """Return the demo's catalogue as CSV, with its images at the URL `base`."""
    lines = ["Serial Number,Product Name,Input Image Urls"]
    for number, product in enumerate(PRODUCTS, 1):
        urls = ", ".join(base + path if path.startswith("/") else path for path, _ in product.images)
        lines.append(f'{number},{product.name},"{urls}"')
    return "\r\n".join([*lines, ""]).encode()


def watch(client: Client, request_id: str, total: int, seconds: float) -> dict[str, Any]:
    """Show a progress bar until the job has ended; return its last status."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    status: dict[str, Any] = {}
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("images", total=total)
        for status in client.watch(request_id, seconds):
            images = status["images"]
            progress.update(task, completed=images["done"] + images["failed"], description=status["status"])
    return status


def check(rows: Sequence[dict[str, Any]], expected: Sequence[Sequence[str]]) -> list[str]:
    """Compare the error code of each image with the expected one; return the differences."""
    faults = []
    for row, codes in zip(rows, expected, strict=True):
        found = [image["error"] or "" for image in row["images"]]
        if found != list(codes):
            faults.append(f"{label(row)}: error codes {found} instead of {list(codes)}")
    return faults


def check_images(client: Client, rows: Sequence[dict[str, Any]]) -> list[str]:
    """Download, keep and decode every output image; return a line for each whose size is wrong."""
    faults = []
    for row in rows:
        for position, one in enumerate(row["images"], 1):
            if one["state"] != "DONE":
                continue
            data = client.image(one["output_url"]).content
            with Image.open(io.BytesIO(data)) as image:
                image.load()
                name = f"{row['row']:05}-{position}.{(image.format or 'image').lower()}"
            (FOLDER / name).write_bytes(data)
            if len(data) != one["bytes_out"]:
                faults.append(f"{label(row)}: {len(data)} bytes stored, {one['bytes_out']} reported")
    return faults


def check_webhook(receiver: WebhookReceiver, status: dict[str, Any]) -> list[str]:
    """Wait for a webhook with a valid signature; return how it differs from the status."""
    try:
        event = receiver.events.get(timeout=WEBHOOK_SECONDS)
    except Empty:
        return [f"no webhook arrived within {WEBHOOK_SECONDS} s"]
    wanted = {key: status[key] for key in ("request_id", "status", "images", "errors", "bytes")}
    found = {key: event["data"][key] for key in wanted}
    return [] if found == wanted else [f"the webhook reports {found} instead of {wanted}"]


def label(row: dict[str, Any]) -> str:
    """Return the row's first two cells, which name it."""
    return " ".join(row["cells"][:2])


def table(rows: Sequence[dict[str, Any]]) -> Table:
    """Return the result as a table for the console."""
    shown = Table(box=None, header_style="bold")
    for title in ("Product", "Images", "Status", "Bytes in", "Bytes out", "Saved", "Errors"):
        shown.add_column(
            title, justify="right" if title in ("Images", "Bytes in", "Bytes out", "Saved") else "left"
        )
    for row in rows:
        images = row["images"]
        before, after = (sum(image[size] for image in images) for size in ("bytes_in", "bytes_out"))
        done = f"{sum(image['state'] == 'DONE' for image in images)} of {len(images)}"
        codes = " ".join(image["error"] for image in images if image["error"])
        saved = f"{1 - after / before:.0%}" if before else ""
        shown.add_row(label(row), done, row["state"], f"{before:,}", f"{after:,}", saved, codes)
    return shown


def told_apart(errors: dict[str, int]) -> tuple[list[str], list[str]]:
    """Return a line for each kind of failure of a job: those that are faults of Catalight, and all others."""
    lines = {code: f"{count} x {code}" for code, count in errors.items()}
    faults = [line for code, line in lines.items() if code in OURS]
    return faults, [line for line in lines.values() if line not in faults]


def empty_folder() -> None:
    """Make the folder for the results, without those of an earlier demo."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for left in FOLDER.iterdir():
        left.unlink()


def run(own: Path | None) -> tuple[list[str], list[str]]:
    """Run the demo; return a line for each fault of Catalight, and for each other failure of an own image."""
    with ExitStack() as stack:
        console.print("Starting the system on this machine …")
        system = stack.enter_context(System())
        images = stack.enter_context(image_server())
        receiver = stack.enter_context(webhook_receiver(system.webhook_secret))
        data = own.read_bytes() if own else catalogue(images.url)
        client = Client(system.url)
        fields = {"webhook_url": f"{receiver.url}/hook", "result_format": "csv"}
        accepted = client.upload(data, own.name if own else "demo.csv", **fields)
        console.print(
            f"POST {system.url}/upload → 202, request_id {accepted['request_id']}: "
            f"{accepted['rows']} rows, {accepted['images']} images, warnings: {accepted['warnings_total']}"
        )
        request_id = accepted["request_id"]
        status = watch(client, request_id, accepted["images"], inf if own else JOB_SECONDS)
        result = client.download(request_id)
        empty_folder()
        RESULT.write_bytes(result)
        rows = list(client.rows(request_id))
        console.print(table(rows))
        console.print(summary(status))
        expected = [[code for _, code in product.images] for product in PRODUCTS]
        faults, failed = told_apart(status["errors"]) if own else (check(rows, expected), [])
        console.print("Checking every image and the webhook …")
        return [*faults, *check_images(client, rows), *check_webhook(receiver, status)], failed


def summary(status: dict[str, Any]) -> str:
    """Return a summary of the job."""
    images, size = status["images"], status["bytes"]
    saved = f" ({1 - size['out'] / size['in']:.0%} saved)" if size["in"] else ""
    return (
        f"{status['status']}: {images['done']} images done, {images['failed']} failed; "
        f"{size['in']:,} bytes reduced to {size['out']:,}{saved}.\n"
        f"Images and result: {FOLDER}/ (the links of the result stop working when the demo ends)"
    )


def refusal(answer: requests.Response) -> str:
    """Return the API's error, with a line for each problem."""
    body = answer.json()
    lines = [
        f"  line {found['line']}: {found['message']}" if found["line"] else f"  {found['message']}"
        for found in body.get("problems", [])
    ]
    return "\n".join([f"{answer.status_code} {body['title']}: {body['detail']}", *lines])


def main() -> int:
    """Run the demo; return the exit status, 0 only if all results are as expected."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("csv", nargs="?", type=Path, help="your own catalogue, instead of the demo's")
    own = parser.parse_args().csv
    if own is not None and not own.is_file():
        print(f"There is no file {own}.", file=sys.stderr)
        return REFUSED
    os.environ["CATALIGHT_ALLOW_PRIVATE_HOSTS"] = "1"  # the demo's images are served on loopback
    try:
        faults, failed = run(own)
    except (LocalError, TimeoutError) as error:
        print(error, file=sys.stderr)
        return FAULT
    except requests.HTTPError as error:
        print(refusal(error.response), file=sys.stderr)
        return REFUSED if error.response.status_code < 500 else FAULT
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    return conclusion(faults, failed)


def conclusion(faults: Sequence[str], failed: Sequence[str]) -> int:
    """Print what was not as expected, and whose fault it is; return the exit code."""
    for fault in faults:
        console.print(f"[red]A fault of Catalight, please report it:[/red] {fault}")
    for failure in failed:
        console.print(f"[yellow]Failed, by the URL, its host or the image:[/yellow] {failure}")
    if faults:
        return FAULT
    if failed:
        console.print(
            "All else is as expected: docs/contract.md says what each code means. The webhook was verified."
        )
        return IMAGES_FAILED
    console.print("[green]All results are as expected. The webhook arrived and was verified.[/green]")
    return 0


if __name__ == "__main__":
    sys.exit(main())
