"""Who is measured, and how each is run: in a process of its own, which does nothing else."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import processes
from bench.modes import Mode
from catalight.adapters.codec.sandbox import TUNING

HERE = Path(__file__).parent
ROOT = HERE.parent

PYTHON = (sys.executable, "-m", "bench.compressors")
NODE = ("node", str(HERE / "node/sharp.mjs"))
ALL = frozenset({"jpeg", "resize", "turned", "other", "webp", "avif", "huge"})
JPEG_ALONE = frozenset({"jpeg", "huge"})
TO_JPEG = frozenset({"jpeg", "resize", "turned", "other", "huge"})
UNSIZED = frozenset({"jpeg", "other"})
NODE_NEEDED = "Node 20.9 or newer, then make bench"


def deployed_tuning() -> dict[str, str]:
    """The settings of malloc and Pillow in template.yaml."""
    return dict(re.findall(r'((?:MALLOC|PILLOW)_\w+): "(\w+)"', (ROOT / "template.yaml").read_text()))


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to compress: `modes` are those it can do, `environment` what it runs with beside the usual."""

    title: str
    command: Sequence[str]
    modes: frozenset[str]
    install: str = "make bench"
    environment: dict[str, str] = field(default_factory=dict)


def _python(title: str, way: str, modes: frozenset[str], install: str = "make bench") -> Candidate:
    return Candidate(title, (*PYTHON, way), modes, install)


def _tuned(title: str, way: str, modes: frozenset[str]) -> Candidate:
    return Candidate(title, (*PYTHON, way), modes, environment=deployed_tuning())


PLAIN = _python("plain Pillow", "plain_pillow", ALL)
ENGINE = _tuned("Catalight", "engine", ALL)
SANDBOX = _tuned("Catalight, sandboxed", "sandbox", ALL)
UNOPTIMISED = _tuned("tuned Pillow", "tuned_pillow", JPEG_ALONE)
OPTIMISED = _tuned("tuned Pillow, optimize", "optimised_pillow", JPEG_ALONE)

CANDIDATES = (
    PLAIN,
    ENGINE,
    SANDBOX,
    UNOPTIMISED,
    OPTIMISED,
    _python("the classic service", "classic", UNSIZED),
    Candidate("pyvips", (*PYTHON, "vips"), ALL, environment={"VIPS_CONCURRENCY": "1"}),
    Candidate("sharp", (*NODE, "defaults"), ALL, NODE_NEEDED),
    Candidate("sharp without optimise", (*NODE, "without_optimise"), TO_JPEG, NODE_NEEDED),
    _python("simplejpeg", "simplejpeg", JPEG_ALONE),
    _python("PyTurboJPEG, YUV", "turbojpeg", JPEG_ALONE, "libturbojpeg; Debian: apt install libturbojpeg0"),
)


class AbsentError(Exception):
    """What the candidate needs is not installed."""


class FailedError(Exception):
    """The candidate cannot do this picture."""


class Runner:
    """A candidate's process, for one mode."""

    def __init__(self, candidate: Candidate, mode: Mode) -> None:
        if shutil.which(candidate.command[0]) is None:
            raise AbsentError
        self.peak_mb = 0.0
        self._title = candidate.title
        self._process = subprocess.Popen(
            [*candidate.command, mode.format, str(mode.side)],
            cwd=ROOT,
            env=_clean_environment() | candidate.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if self._told() != "ready":
            self.close()
            raise AbsentError

    def run(self, source: Path, output: Path) -> float:
        """Compress one file into the other; the seconds that it took."""
        assert self._process.stdin
        print(source, output, sep="\t", file=self._process.stdin, flush=True)
        told = self._told()
        if told.startswith("failed"):
            raise FailedError(told)
        seconds, ended_mb = map(float, told.split())
        alive = sum(processes.peak_mb(pid) for pid in processes.descendants(self._process.pid))
        here = processes.peak_mb(self._process.pid)
        self.peak_mb = max(self.peak_mb, here + max(alive, ended_mb))
        return seconds

    def user_seconds(self) -> float:
        """User CPU so far, with that of its children."""
        pids = (self._process.pid, *processes.descendants(self._process.pid))
        return sum(processes.user_seconds(pid) for pid in pids)

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()

    def _told(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._title} ended with {self._process.wait()}")
        return line.strip()


def _clean_environment() -> dict[str, str]:
    """Ours without the tuning, so that each candidate has its own alone."""
    return {name: value for name, value in os.environ.items() if not name.startswith(TUNING)}
