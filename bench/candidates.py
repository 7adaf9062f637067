"""The codecs that are measured. Each runs in a process of its own that does nothing else."""

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
from catalight.adapters.isolation.starting import TUNING

HERE = Path(__file__).parent
ROOT = HERE.parent

PYTHON = (sys.executable, "-m", "bench.compressors")
NODE = ("node", str(HERE / "node/sharp.mjs"))
ALL = frozenset({"jpeg", "resize", "turned", "other", "webp", "avif", "huge"})
JPEG_ONLY = frozenset({"jpeg", "huge"})
TO_JPEG = frozenset({"jpeg", "resize", "turned", "other", "huge"})
NO_RESIZE = frozenset({"jpeg", "other"})
NODE_INSTALL = "Node 20.9 or newer, then make bench"


def deployed_tuning() -> dict[str, str]:
    """Return the malloc and Pillow settings of template.yaml."""
    return dict(re.findall(r'((?:MALLOC|PILLOW)_\w+): "(\w+)"', (ROOT / "template.yaml").read_text()))


@dataclass(frozen=True, slots=True)
class Candidate:
    """One codec setup: `modes` it supports, and `environment` variables that are set in addition."""

    title: str
    command: Sequence[str]
    modes: frozenset[str]
    install: str = "make bench"
    environment: dict[str, str] = field(default_factory=dict)


def _python(title: str, compressor: str, modes: frozenset[str], install: str = "make bench") -> Candidate:
    return Candidate(title, (*PYTHON, compressor), modes, install)


def _tuned(title: str, compressor: str, modes: frozenset[str]) -> Candidate:
    return Candidate(title, (*PYTHON, compressor), modes, environment=deployed_tuning())


PLAIN = _python("plain Pillow", "plain_pillow", ALL)
ENGINE = _tuned("Catalight", "engine", ALL)
SANDBOX = _tuned("Catalight, sandboxed", "sandbox", ALL)
UNOPTIMISED = _tuned("tuned Pillow", "tuned_pillow", JPEG_ONLY)
OPTIMISED = _tuned("tuned Pillow, optimize", "optimised_pillow", JPEG_ONLY)

CANDIDATES = (
    PLAIN,
    ENGINE,
    SANDBOX,
    UNOPTIMISED,
    OPTIMISED,
    _python("the classic service", "classic", NO_RESIZE),
    Candidate("pyvips", (*PYTHON, "vips"), ALL, environment={"VIPS_CONCURRENCY": "1"}),
    Candidate("sharp", (*NODE, "defaults"), ALL, NODE_INSTALL),
    Candidate("sharp without optimise", (*NODE, "without_optimise"), TO_JPEG, NODE_INSTALL),
    _python("simplejpeg", "simplejpeg", JPEG_ONLY),
    _python("PyTurboJPEG, YUV", "turbojpeg", JPEG_ONLY, "libturbojpeg; Debian: apt install libturbojpeg0"),
)


class AbsentError(Exception):
    """Something that the candidate needs is not installed."""


class FailedError(Exception):
    """The candidate cannot compress this image."""


class Runner:
    """The process of a candidate in one mode."""

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
        if self._reply() != "ready":
            self.close()
            raise AbsentError

    def run(self, source: Path, output: Path) -> float:
        """Compress `source` to `output` and return the seconds that it took."""
        assert self._process.stdin
        print(source, output, sep="\t", file=self._process.stdin, flush=True)
        reply = self._reply()
        if reply.startswith("failed"):
            raise FailedError(reply)
        seconds, ended_mb = map(float, reply.split())
        alive = sum(processes.peak_mb(pid) for pid in processes.descendants(self._process.pid))
        here = processes.peak_mb(self._process.pid)
        self.peak_mb = max(self.peak_mb, here + max(alive, ended_mb))
        return seconds

    def user_seconds(self) -> float:
        """Return the user CPU seconds so far, children included."""
        pids = (self._process.pid, *processes.descendants(self._process.pid))
        return sum(processes.user_seconds(pid) for pid in pids)

    def close(self) -> None:
        """Kill the process."""
        self._process.kill()
        self._process.communicate()

    def _reply(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._title} ended with {self._process.wait()}")
        return line.strip()


def _clean_environment() -> dict[str, str]:
    """Return our environment without the tuning, so that each candidate has only its own."""
    return {name: value for name, value in os.environ.items() if not name.startswith(TUNING)}
