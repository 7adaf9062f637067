"""How large a catalogue one request can bring: the time and memory to understand it, and the time until 202.

python -m bench.intake                 50,000 rows of 12 image columns, as CSV, as CSV in gzip, and as XLSX
python -m bench.intake --rows 20000    fewer rows
python -m bench.intake --upload        also sends what fits a request through the whole local system

Memory is the most that a new process takes, over what it had with its imports. Times are the shortest of a
few tries, because other work on the machine makes them longer.
"""

import argparse
import gc
import gzip
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import requests
import xlsxwriter

from bench.processes import descendants
from catalight.adapters.tables.reader import TableReader
from catalight.domain.catalogue.catalogue import understand
from catalight.domain.catalogue.files import Options
from functions.api.body_limit import MAX_BODY
from local.runner.system import System
from tests.corpora.reading import memory

ROWS, COLUMNS = 50_000, 12
TRIES = 3
GC = 100_000, 20, 100  # as in functions/api/handler.py
FORM = 1_000  # bytes of a request beside its file
LONGEST = 60  # seconds
API = "functions.api.handler"


def lines(rows: int, columns: int) -> Iterator[list[str]]:
    """Yield the header and the rows; all URLs are different."""
    yield ["SKU", "Title", *(f"Image {number}" for number in range(1, columns + 1))]
    for row in range(rows):
        urls = (f"http://127.0.0.1/{row:05}/{column}.jpg" for column in range(columns))
        yield [f"{row:06}", f"Tea {row}", *urls]


def csv_file(rows: int, columns: int) -> bytes:
    """Return the catalogue as CSV."""
    return "".join(f"{','.join(line)}\n" for line in lines(rows, columns)).encode()


def xlsx_file(rows: int, columns: int) -> bytes:
    """Return the catalogue as an Excel workbook."""
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("Products")
        for number, line in enumerate(lines(rows, columns)):
            sheet.write_row(number, 0, line)
    return file.getvalue()


def files(rows: int, columns: int) -> dict[str, bytes]:
    """Return the catalogue in each form."""
    csv = csv_file(rows, columns)
    return {"csv": csv, "csv.gz": gzip.compress(csv), "xlsx": xlsx_file(rows, columns)}


def measure(data: bytes) -> tuple[float, float, float]:
    """Return the seconds that understanding takes in a new process, its peak and that of its child in MB."""
    command = [sys.executable, "-m", "bench.intake", "--understand"]
    told = [
        list(
            map(float, subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout.split())
        )
        for _ in range(TRIES)
    ]
    seconds, peak, child = (min(values) for values in zip(*told, strict=True))
    return seconds, peak, child


def report() -> None:
    """Understand the file on stdin; print the seconds, and the peaks of this process and its child in MB."""
    data = sys.stdin.buffer.read()
    gc.set_threshold(*GC)
    TableReader()(b"Serial Number,Product Name,Input Image Urls\n", Options())
    before, began = memory("VmRSS"), time.perf_counter()
    understood = understand(TableReader()(data, Options()))
    seconds = time.perf_counter() - began
    if understood.refusal:
        raise understood.refusal
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
    print(seconds, (memory("VmHWM") - before) / 1e6, child)


def upload(name: str, data: bytes) -> tuple[int, float, float]:
    """Send a file to a new system; return the status, the seconds, and the peak of the API in MB."""
    with System() as system:
        began = time.perf_counter()
        answer = requests.post(f"{system.url}/upload", files={"file": (name, data)}, timeout=LONGEST)
        seconds = time.perf_counter() - began
        api = next(pid for pid in descendants(os.getpid()) if API in Path(f"/proc/{pid}/cmdline").read_text())
        return answer.status_code, seconds, memory("VmHWM", api) / 1e6


def uploads(made: dict[str, bytes]) -> None:
    """Print how long each file that fits a request takes until the answer."""
    for name, data in made.items():
        if len(data) + FORM > MAX_BODY:
            print(f"{name:8} does not fit a request of {MAX_BODY:,} bytes")
            continue
        status, seconds, peak = min(upload(f"products.{name}", data) for _ in range(TRIES))
        print(f"{name:8} {status} after {seconds:.1f} s; the API's peak is {peak:.0f} MB", flush=True)


def main() -> None:
    """Print the measurements."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--columns", type=int, default=COLUMNS)
    parser.add_argument("--upload", action="store_true")
    parser.add_argument("--understand", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.understand:
        report()
        return
    made = files(arguments.rows, arguments.columns)
    images = arguments.rows * arguments.columns
    print(f"{arguments.rows:,} rows of {arguments.columns} image columns: {images:,} images")
    print(f"load of the machine: {Path('/proc/loadavg').read_text().strip()}")
    for name, data in made.items():
        seconds, peak, child = measure(data)
        of_child = "" if name == "csv" else f", {child:.0f} MB in the process that reads it"
        print(f"{name:8} {len(data) / 1e6:5.1f} MB: {seconds:.2f} s, {peak:.0f} MB{of_child}", flush=True)
    if arguments.upload:
        uploads(made)


if __name__ == "__main__":
    main()
