"""`make smoke`: sends a catalogue to a service, and checks what comes back: to try a deployment.

`CATALIGHT_URL` is the service's URL and `CATALIGHT_API_KEY` the key. The job is deleted at the end. Exit
codes: 0 all well; 1 not, with a line for each fault; 2 no URL was given.
"""

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import requests
from PIL import Image

from catalight_cli import CatalightError, Client
from local.demo import told_apart
from local.runner.children import PROJECT

EXAMPLE = PROJECT / "functions/api/page/example.csv"
JOB_SECONDS = 300
IMAGE_SECONDS = 30


def smoke(client: Client, catalogue: Path, seconds: float = JOB_SECONDS) -> list[str]:
    """Run a job, delete it, and return a line for each fault. Raise CatalightError if a call fails."""
    request_id = client.upload(catalogue)["request_id"]
    try:
        return list(_faults(client, request_id, seconds))
    except TimeoutError as error:
        return [str(error)]
    finally:
        client.delete(request_id)


def _faults(client: Client, request_id: str, seconds: float) -> Iterator[str]:
    status = client.wait(request_id, seconds)
    if status["status"] != "COMPLETED":
        yield f"the job has ended as {status['status']}"
    yield from told_apart(status["errors"])[0]
    if not status["images"]["done"]:
        yield f"no image is done: {status['errors']}"
    for row in client.rows(request_id):
        for image in row["images"]:
            if link := image["output_url"]:
                yield from _faults_of(link, image["bytes_out"])
    result = io.BytesIO()
    client.download(request_id, result)
    if (lines := result.getvalue().count(b"\n")) <= status["rows"]:
        yield f"the result has {lines} lines for {status['rows']} rows"


def _faults_of(link: str, size: int) -> Iterator[str]:
    """Download an image and decode it; yield what is wrong."""
    answer = requests.get(link, timeout=IMAGE_SECONDS)
    if answer.status_code != requests.codes.ok:
        yield f"{link} answers {answer.status_code}"
        return
    if len(answer.content) != size:
        yield f"{link} has {len(answer.content)} bytes instead of {size}"
    with Image.open(io.BytesIO(answer.content)) as image:
        image.load()


def main() -> int:
    """Try the service; return the exit code."""
    url = os.environ.get("CATALIGHT_URL")
    if not url:
        print("CATALIGHT_URL is missing: the URL of the service.", file=sys.stderr)
        return 2
    catalogue = Path(os.environ.get("CSV") or EXAMPLE)
    try:
        with Client(url, os.environ.get("CATALIGHT_API_KEY")) as client:
            faults = smoke(client, catalogue)
    except CatalightError as error:
        faults = [str(error)]
    print("\n".join(faults) or f"All well at {url}.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
