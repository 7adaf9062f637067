"""The services that bench.pipeline compares. Each compresses the images of one catalogue at a time."""

import os
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.processes import TICKS, descendants, role
from local.client import Client
from local.runner.system import System

PEERS = Path(".venv-peers/bin")
QUALITY = "50"
JOB_SECONDS = 600
PER_ROW = 2
NOT_COUNTED = frozenset(
    {"mongod", "moto", "runner and client", "image host"}
)  # AWS and Atlas do this work elsewhere


@dataclass(frozen=True, slots=True)
class Measured:
    """One job: its seconds, CPU seconds by process, and milliseconds by stage, summed over all images."""

    seconds: float
    cpu: Mapping[str, float]
    stages: dict[str, int] = field(default_factory=dict)

    @property
    def own_cpu(self) -> float:
        """CPU seconds, without the processes of NOT_COUNTED."""
        return sum(spent for name, spent in self.cpu.items() if name not in NOT_COUNTED)


type Contender = Callable[[Sequence[str]], Measured]


def catalight(system: System) -> Callable[..., Measured]:
    """Return a function that runs a job on the local system, from POST to COMPLETED.

    It uses nothing of an earlier run, unless its form `fields` say otherwise.
    """
    client = Client(system.url)

    def run(urls: Sequence[str], **fields: str) -> Measured:
        data = _catalogue(urls)
        before, began = _cpu(), time.perf_counter()
        accepted = client.upload(data, quality=QUALITY, **(fields or {"fresh": "true"}))
        *_, status = client.watch(accepted["request_id"], JOB_SECONDS)
        seconds = time.perf_counter() - began
        if status["images"]["done"] != len(urls):
            raise RuntimeError(f"not all images are done: {status}")
        spent = {name: cpu - before.get(name, 0) for name, cpu in _cpu().items()}
        return Measured(seconds, spent, status["milliseconds"])

    return run


def plain(urls: Sequence[str]) -> Measured:
    """Run the plain asyncio service."""
    return _command(urls, [str(PEERS / "python"), "bench/peers/plain.py"], [])


def img2dataset(urls: Sequence[str]) -> Measured:
    """Run img2dataset with the equivalent settings."""
    settings = {"output_format": "files", "encode_quality": QUALITY, "resize_mode": "no"}
    options = [f"--{name}={value}" for name, value in settings.items()]
    return _command(urls, [str(PEERS / "img2dataset")], options, "--url_list=", "--output_folder=")


def _command(
    urls: Sequence[str],
    command: list[str],
    options: list[str],
    urls_option: str = "",
    output_option: str = "",
) -> Measured:
    """Run a command that gets a file of URLs and an output folder; its time includes its start."""
    with TemporaryDirectory() as folder:
        listed, outputs = Path(folder, "urls.txt"), Path(folder, "outputs")
        listed.write_text("\n".join(urls))
        outputs.mkdir()
        environment = os.environ | {"NO_ALBUMENTATIONS_UPDATE": "1"}
        began = time.perf_counter()
        whole = [*command, f"{urls_option}{listed}", f"{output_option}{outputs}", *options]
        process = subprocess.Popen(
            whole, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _, code, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(code)
        found = sum(1 for _ in outputs.rglob("*.jpg"))
        if process.returncode or found != len(urls):
            raise RuntimeError(f"{command} ended with {process.returncode} and {found} of {len(urls)} images")
    return Measured(seconds, {"command": used.ru_utime + used.ru_stime})


def _catalogue(urls: Sequence[str]) -> bytes:
    cells = (",".join(row) for row in batched(urls, PER_ROW, strict=False))
    lines = (f'{number},Product number {number},"{cell}"' for number, cell in enumerate(cells, 1))
    return "\n".join(["Serial Number,Product Name,Input Image Urls", *lines, ""]).encode()


def _cpu() -> Mapping[str, float]:
    """Return the CPU seconds so far by role: this process and its descendants, with ended children."""
    spent: defaultdict[str, float] = defaultdict(float)
    spent["runner and client"] = time.process_time()
    for pid in descendants(os.getpid()):
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        spent[role(pid)] += sum(map(int, fields[11:15])) / TICKS
    return spent
