"""Send a corpus through the sandbox and count the outcomes."""

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
from catalight.adapters.codec import forking
from catalight.adapters.codec.sandbox import Sandbox
from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.image.compressed import Compressed
from catalight.domain.image.formats import Target
from catalight.domain.image.limits import LIMITS, Limits
from catalight.domain.image.rendition import Rendition

AT_ONCE = os.cpu_count() or 1
CODES = {
    ImageErrorCode.NOT_AN_IMAGE,
    ImageErrorCode.CORRUPT_IMAGE,
    ImageErrorCode.TOO_MANY_PIXELS,
    ImageErrorCode.TOO_MANY_BYTES,
    ImageErrorCode.GAVE_UP,
}
SAMPLE_SECONDS = 0.05
STRICT = "tests.corpora.strict"

type Case = tuple[str, bytes]
type OptionsOf = Callable[[str], Rendition]


@dataclass
class Report:
    """The outcomes of a corpus: `stopped` cases ran into a hard limit, `broken` ones are bugs."""

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


def run(corpus: str, cases: Iterable[Case], options: Iterable[Rendition], limits: Limits = LIMITS) -> Report:
    """Compress every case with each of the options, one at a time on each processor, in a strict cage."""
    report, sandbox, began = Report(corpus), Sandbox(limits), time.monotonic()
    all_options = [*options]

    def try_one(case: tuple[Case, Rendition]) -> None:
        (name, data), options = case
        _try(report, sandbox, f"{name} → {options.format}", data, options)

    with _strict(), _watched(report), ThreadPoolExecutor(AT_ONCE) as pool:
        pairs = ((case, options) for case in cases for options in all_options)
        for batch in batched(pairs, 8 * AT_ONCE, strict=False):  # limits how many are in memory
            list(pool.map(try_one, batch))
    sandbox.close()
    report.seconds = time.monotonic() - began
    return report


@contextmanager
def _strict() -> Iterator[None]:
    """Have a child killed by what the codec's own filter would refuse; see strict.py."""
    own, forking.MODULE = forking.MODULE, STRICT
    try:
        yield
    finally:
        forking.MODULE = own


def _try(report: Report, sandbox: Sandbox, name: str, data: bytes, options: Rendition) -> None:
    report.cases += 1
    began = time.monotonic()
    try:
        [result] = sandbox.compress(data, [options], report.corpus)
        if isinstance(result, ImageError):
            raise result
    except ImageError as error:
        report.codes[error.code] += 1
        if error.code is ImageErrorCode.GAVE_UP:
            report.stopped.append(f"{name}: {error.detail}")
        if error.code not in CODES:
            report.broken.append(f"{name}: {error}")
    except Exception as error:  # noqa: BLE001 - any other error is a bug
        report.broken.append(f"{name}: {error!r}")
    else:
        report.good += 1
        report.broken += [f"{name}: {problem}" for problem in _problems(result, options.format)]
    report.slowest = max(report.slowest, (time.monotonic() - began, name))


def _problems(result: Compressed, target: Target) -> Iterator[str]:
    """Decode an output in full and yield what is wrong with it."""
    try:
        with Image.open(BytesIO(result.data)) as image:
            image.load()
    except Exception as error:  # noqa: BLE001 - any error means that the output is broken
        yield f"the output cannot be decoded: {error!r}"
        return
    if result.format not in target.formats:
        yield f"the reported format is {result.format}"
    if (image.format, image.size) != (result.format.name, (result.width, result.height)):
        yield f"the output is {image.format} of {image.size}"


@contextmanager
def _watched(report: Report) -> Iterator[None]:
    """Sample the peak memory of the child processes: it cannot be read after they end."""
    done = Event()

    def watch() -> None:
        while not done.wait(SAMPLE_SECONDS):
            with suppress(FileNotFoundError, ProcessLookupError, KeyError):  # the process has just ended
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
    if STRICT.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes():
        return 0  # just forked: its memory is still that of this process
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(dict(line.split(":\t", 1) for line in lines)["VmHWM"].split()[0]) / 1024
