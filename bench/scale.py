"""What a row costs in jobs of 1,000 rows to a million, by stage: time, CPU, memory, storage and requests.

python -m bench.scale                            1,000, 10,000 and 100,000 rows
python -m bench.scale --rows 1000 1000000        the last takes half an hour or more
python -m bench.scale --rows 1000000 --stages ingest workbook
python -m bench.scale --write         also docs/scale_rows.json, and the tables in docs/scale.md

The use cases run on a real mongod (with 0.25 GB of cache) and on moto's S3, each stage in a process of its
own (bench/scale_stages.py). SQS is a list in memory, because moto's scans its whole queue in every call; what
would be requests is counted. Hosts, the codec and the S3 of images are constants for the same reason: their
cost is that of an image and does not depend on the job. Each image stands in ten rows.

The rows come in three ways. *submit* stores those of a parsed file, as `/upload` does with up to 100,000.
*ingest* reads a CSV from S3, as `/uploads` has it done, and *workbook* an .xlsx, whose rows it first copies
into plain ones. *process* and *aggregate* go on with the rows of *ingest*. What --write does not measure
anew stays as it is recorded.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass, replace
from pathlib import Path
from statistics import fmean, median
from time import perf_counter
from typing import Any

from pymongo import MongoClient

from bench.processes import usage
from bench.scale_parts import Used
from bench.scale_stages import STAGES
from bench.tables import insert, table
from catalight.adapters.mongo import Connection, MongoJobs
from catalight.usecases.jobs.own_job import OwnJob
from functions.api.models import Status
from local.runner import aws
from local.runner.children import HOST, Child, free_port, listening
from local.runner.mongod import Mongod, find

ROOT = Path(__file__).parents[1]
PAGE, DATA = ROOT / "docs/scale.md", ROOT / "docs/scale_rows.json"
ROWS = (1_000, 10_000, 100_000)
BUCKET = "scale"
ASKED = 300  # times that the status is read
REQUEST = 100_000  # rows, at most, of a file of /upload
LAST = "aggregate"
APART = ("submit", "workbook")  # stages whose jobs are not processed, in databases of their own


@dataclass(frozen=True, slots=True)
class Size:
    """What a job took: by stage, in MongoDB (bytes per row), and for one look at its status."""

    rows: int
    stages: Mapping[str, Used]
    mongod_cpu: Mapping[str, float]  # seconds, by stage
    storage: float
    indexes: float
    indexes_pending: float
    status_ms: float

    def cpu_us(self, stage: str) -> float:
        """CPU of the stage and of mongod during it, in microseconds per row."""
        return 1e6 * (self.stages[stage].cpu + self.mongod_cpu[stage]) / self.rows

    def us(self, stage: str) -> float:
        """Time of the stage, in microseconds per row."""
        return 1e6 * self.stages[stage].seconds / self.rows


@dataclass(frozen=True, slots=True)
class Services:
    mongod: Mongod
    s3_endpoint: str


@contextmanager
def services() -> Iterator[Services]:
    """Start mongod and moto, and stop them."""
    with tempfile.TemporaryDirectory() as folder:
        path, port = Path(folder), free_port()
        mongod = Mongod(find(), path / "data", path / "mongod.log", aws.environment(""))
        command = [sys.executable, "-m", "local.runner.moto_server", str(port)]
        moto = Child("moto", command, aws.environment(""), path / "moto.log")
        try:
            mongod.wait_until_primary()
            moto.wait_until(lambda: listening(port))
            endpoint = f"http://{HOST}:{port}"
            aws.client("s3", endpoint).create_bucket(Bucket=BUCKET)
            yield Services(mongod, endpoint)
        finally:
            mongod.child.stop()
            moto.stop()


def measure(running: Services, rows: int, stages: Collection[str] = STAGES) -> Size:
    """Run jobs of so many rows through all stages: several small ones, or one. Return their means."""
    number = max(1, min(10, 30_000 // rows))
    measured = [_measure(running, rows, stages) for _ in range(number)]
    used = {stage: _mean([one.stages[stage] for one in measured]) for stage in measured[0].stages}
    cpu = {stage: fmean(one.mongod_cpu[stage] for one in measured) for stage in used}
    status = median(one.status_ms for one in measured)
    return replace(measured[-1], stages=used, mongod_cpu=cpu, status_ms=status)


def _mean(used: Sequence[Used]) -> Used:
    values: Any = map(fmean, zip(*map(astuple, used), strict=True))
    return Used(*values)


def _measure(running: Services, rows: int, stages: Collection[str]) -> Size:
    used, mongod_cpu, indexes = dict[str, Used](), dict[str, float](), list[float]()
    database = f"scale-{rows}"
    with MongoClient[dict[str, Any]](running.mongod.uri) as client:
        for stage in STAGES:
            if stage not in stages or (stage == "submit" and rows > REQUEST):
                continue
            own = f"{database}-{stage}" if stage in APART else database
            before = usage(running.mongod.child.pid).cpu_seconds
            used[stage] = _in_process(running, stage, rows, own)
            mongod_cpu[stage] = usage(running.mongod.child.pid).cpu_seconds - before
            print(f"{rows:>9,} {stage:10} {asdict(used[stage])}", file=sys.stderr, flush=True)
            client.admin.command("fsync")
            if stage in APART:
                _drop(client, own)
            else:
                indexes.append(client[own].command("dbStats")["indexSize"] / rows)
        storage = client[database].command("dbStats")["storageSize"] / rows
        status = _status_ms(running.mongod.uri, database)
        _drop(client, database)
    return Size(rows, used, mongod_cpu, storage, indexes[-1], indexes[0], status)


def _drop(client: MongoClient[dict[str, Any]], database: str) -> None:
    for name in (database, f"{database}-warm"):
        client.drop_database(name)


def _in_process(running: Services, stage: str, rows: int, database: str) -> Used:
    command = [sys.executable, "-m", "bench.scale_stages", stage, str(rows), running.mongod.uri, database]
    environment = os.environ | aws.environment(running.s3_endpoint) | {"BUCKET": BUCKET}
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=environment)
    return Used(**json.loads(done.stdout))


def _status_ms(uri: str, database: str) -> float:
    connection = Connection(lambda: uri, database)
    own_job, times = OwnJob(MongoJobs(connection)), []
    for _ in range(ASKED):
        began = perf_counter()
        Status.of(own_job("", "job"))
        times.append(perf_counter() - began)
    connection.close()
    return 1e3 * median(times)


def recorded() -> list[Size]:
    """Return the measurements of docs/scale_rows.json."""
    sizes: list[dict[str, Any]] = json.loads(DATA.read_text())
    return [
        Size(**size | {"stages": {name: Used(**used) for name, used in size["stages"].items()}})
        for size in sizes
    ]


def with_recorded(new: Sequence[Size]) -> list[Size]:
    """Return the measurements with what was recorded of other sizes and stages."""
    sizes = {size.rows: size for size in recorded()}
    for size in new:
        if (old := sizes.get(size.rows)) and LAST not in size.stages:
            stages, cpu = {**old.stages, **size.stages}, {**old.mongod_cpu, **size.mongod_cpu}
            sizes[size.rows] = replace(old, stages=stages, mongod_cpu=cpu)
        else:
            sizes[size.rows] = size
    return [sizes[rows] for rows in sorted(sizes)]


def report(sizes: list[Size]) -> str:
    """Return the measurements as tables."""
    costs = [
        (
            f"{size.rows:,}",
            *_by_stage(size, size.cpu_us),
            *_by_stage(size, size.us),
            f"{size.status_ms:.2f}",
        )
        for size in sizes
    ]
    headers = ("rows", *(f"{stage}, CPU µs" for stage in STAGES), *(f"{stage}, µs" for stage in STAGES))
    return "\n\n".join(
        [
            "CPU (of the stage's processes and of mongod) and time per row; `/status` in milliseconds.",
            table((*headers, "/status, ms"), costs),
            "Peak memory in MB of each process, with that of the process that parses the workbook.",
            table(("rows", *STAGES, "workbook's parser"), [_memory(size) for size in sizes]),
            "MongoDB's storage and indexes; requests, of *ingest* and after; calls of the functions.",
            table(
                (
                    *("rows", "storage, B/row", "indexes, B/row", "indexes before processing, MB"),
                    *("SQS/row", "S3/row", "ingest, calls", "aggregate, calls"),
                ),
                [_stored(size) for size in sizes],
            ),
        ]
    )


def _by_stage(size: Size, value: Callable[[str], float]) -> list[str]:
    """Return a value of each stage as text; an empty one for a stage that a size does not have."""
    return [f"{value(stage):,.0f}" if stage in size.stages else "" for stage in STAGES]


def _memory(size: Size) -> tuple[str, ...]:
    of_stages = _by_stage(size, lambda stage: size.stages[stage].peak_mb)
    parser = size.stages["workbook"].child_mb if "workbook" in size.stages else 0.0
    return f"{size.rows:,}", *of_stages, f"{parser:.0f}" if parser else ""


def _stored(size: Size) -> tuple[str, ...]:
    used = [one for stage, one in size.stages.items() if stage not in APART]
    return (
        f"{size.rows:,}",
        f"{size.storage:,.0f}",
        f"{size.indexes:,.0f}",
        f"{size.indexes_pending * size.rows / 1e6:,.1f}",
        f"{sum(one.sqs for one in used) / size.rows:.3f}",
        f"{sum(one.s3 for one in used) / size.rows:.3f}",
        *(f"{size.stages[name].steps:.0f}" if name in size.stages else "" for name in ("ingest", LAST)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.scale")
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=list(STAGES))
    parser.add_argument("--write", action="store_true", help=f"update {PAGE.name} and {DATA.name}")
    options = parser.parse_args()
    if "ingest" not in options.stages:
        parser.error("--stages needs ingest, which makes the job")
    with services() as running:
        _measure(running, 1_000, STAGES)  # warms up
        sizes = [measure(running, rows, options.stages) for rows in options.rows]
    if options.write:
        sizes = with_recorded(sizes)
    print(report(sizes))
    if options.write:
        DATA.write_text(json.dumps([asdict(size) for size in sizes], indent=1) + "\n")
        insert(PAGE, "scale", report(sizes))


if __name__ == "__main__":
    main()
