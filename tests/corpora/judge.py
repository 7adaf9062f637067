"""Sends a corpus through the sandbox, and counts what becomes of it."""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from itertools import batched
from pathlib import Path
from threading import Event, Thread

from PIL import Image

from bench.processes import descendants
from catalight.adapters.codec.sandbox import Sandbox
from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.image.compressed import Compressed
from catalight.domain.image.limits import LIMITS, Limits
from catalight.domain.image.options import Options, Target

AT_ONCE = os.cpu_count() or 1
CODES = {
    ImageErrorCode.NOT_AN_IMAGE,
    ImageErrorCode.CORRUPT_IMAGE,
    ImageErrorCode.TOO_MANY_PIXELS,
    ImageErrorCode.TOO_MANY_BYTES,
    ImageErrorCode.GAVE_UP,
}
SAMPLE_SECONDS = 0.05

type Case = tuple[str, bytes]
type OptionsOf = Callable[[str], Options]


@dataclass
class Report:
    """What became of a corpus; `stopped` are pictures that a hard bound ended, `broken` what must not be."""

    corpus: str
    cases: int = 0
    good: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    stopped: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")
    peak_mb: float = 0.0
    seconds: float = 0.0

    def __str__(self) -> str:
        head = (
            f"{self.corpus}: {self.cases:,} cases in {self.seconds:.0f} s, {self.good:,} good, "
            f"{dict(self.codes)}; slowest {self.slowest[0]:.1f} s ({self.slowest[1]}), "
            f"peak {self.peak_mb:.0f} MB"
        )
        stopped, broken = (f"  stopped: {x}" for x in self.stopped), (f"  ! {x}" for x in self.broken)
        return "\n".join([head, *stopped, *broken])


def judge(corpus: str, cases: Iterable[Case], options: Iterable[Options], limits: Limits = LIMITS) -> Report:
    """Compress every case with every one of the options, as many at once as there are processors."""
    report, sandbox, began = Report(corpus), Sandbox(limits), time.monotonic()
    every = [*options]

    def try_one(case: tuple[Case, Options]) -> None:
        (name, data), asked = case
        _try(report, sandbox, f"{name} → {asked.format}", data, asked)

    with _watched(report), ThreadPoolExecutor(AT_ONCE) as pool:
        pairs = ((case, asked) for case in cases for asked in every)
        for batch in batched(pairs, 8 * AT_ONCE, strict=False):  # so that few are held at once
            list(pool.map(try_one, batch))
    sandbox.close()
    report.seconds = time.monotonic() - began
    return report


def _try(report: Report, sandbox: Sandbox, name: str, data: bytes, options: Options) -> None:
    report.cases += 1
    began = time.monotonic()
    try:
        result = sandbox.compress(data, options)
    except ImageError as error:
        report.codes[error.code] += 1
        if error.code is ImageErrorCode.GAVE_UP:
            report.stopped.append(f"{name}: {error.detail}")
        if error.code not in CODES:
            report.broken.append(f"{name}: {error}")
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        report.broken.append(f"{name}: {error!r}")
    else:
        report.good += 1
        report.broken += [f"{name}: {what}" for what in _wrong(result, options.format)]
    report.slowest = max(report.slowest, (time.monotonic() - began, name))


def _wrong(result: Compressed, asked: Target) -> Iterator[str]:
    """What is wrong with an output, when it is decoded in full."""
    try:
        with Image.open(BytesIO(result.data)) as image:
            image.load()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is wrong
        yield f"the output cannot be decoded: {error!r}"
        return
    if result.format not in asked.formats:
        yield f"the output is said to be a {result.format}"
    if (image.format, image.size) != (result.format.name, (result.width, result.height)):
        yield f"the output is a {image.format} of {image.size}"


@contextmanager
def _watched(report: Report) -> Iterator[None]:
    """Note the peak of the children's memory, which they take to their end."""
    done = Event()

    def watch() -> None:
        while not done.wait(SAMPLE_SECONDS):
            with suppress(FileNotFoundError, ProcessLookupError, KeyError):  # of one that has just ended
                for pid in descendants(os.getpid()):
                    report.peak_mb = max(report.peak_mb, _peak_mb(pid))

    thread = Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _peak_mb(pid: int) -> float:
    if b"codec.worker" not in Path(f"/proc/{pid}/cmdline").read_bytes():
        return 0  # it has just been forked, and its memory is still ours
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(dict(line.split(":\t", 1) for line in lines)["VmHWM"].split()[0]) / 1024
