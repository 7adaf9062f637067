"""Measures candidates side by side: by turns on each picture, as often as the time allows."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from math import nan
from pathlib import Path
from random import Random
from statistics import fmean, geometric_mean, median

from bench.candidates import AbsentError, Candidate, FailedError, Runner
from bench.modes import Mode

type Likeness = Callable[[Path, Path], float]


@dataclass(slots=True)
class Result:
    """What one candidate did in one mode: by picture, each round's seconds, the output's bytes and SSIM."""

    candidate: Candidate
    seconds: dict[Path, list[float]] = field(default_factory=dict)
    user_seconds: float = 0.0
    sizes: dict[Path, int] = field(default_factory=dict)
    likenesses: dict[Path, float] = field(default_factory=dict)
    peak_mb: float = 0.0

    @property
    def images_a_second(self) -> float:
        """Over the whole set, in the median of the rounds."""
        rounds = map(sum, zip(*self.seconds.values(), strict=True))
        return len(self.seconds) / median(rounds)

    @property
    def user_milliseconds(self) -> float:
        """User CPU of an image: the mean, as the kernel counts it in ticks."""
        return 1000 * self.user_seconds / sum(map(len, self.seconds.values()))

    @property
    def output_share(self) -> float:
        """All output bytes of all input bytes."""
        return sum(self.sizes.values()) / sum(path.stat().st_size for path in self.sizes)

    @property
    def likeness(self) -> float:
        """SSIM, the mean of the pictures."""
        return fmean(self.likenesses.values())

    def speed_against(self, other: "Result") -> float:
        """How many times as fast: by picture the median over rounds, of these the geometric mean.

        The two of a ratio were measured within the same second or so, so what disturbs both is not in it.
        """
        ratios = (
            median(theirs / ours for theirs, ours in zip(other.seconds[path], seconds, strict=True))
            for path, seconds in self.seconds.items()
        )
        return geometric_mean(ratios)

    def cpu_speed_against(self, other: "Result") -> float:
        """The same by user CPU of the whole set; not a number where it is too little to be counted."""
        return other.user_seconds / self.user_seconds if self.user_seconds else nan


@dataclass(frozen=True, slots=True)
class Measurement:
    """A mode's results; `absent` are not installed, `left_out` are pictures that somebody cannot do."""

    mode: Mode
    results: Sequence[Result]
    absent: Sequence[Candidate]
    left_out: dict[Path, str]
    rounds: int

    def result(self, candidate: Candidate) -> Result:
        """What this one did."""
        return next(result for result in self.results if result.candidate is candidate)


@dataclass(frozen=True, slots=True)
class _Entrant:
    result: Result
    runner: Runner
    output: Path


def measure(
    mode: Mode,
    sources: Sequence[Path],
    candidates: Iterable[Candidate],
    scratch: Path,
    seconds: float,
    rounds: int,
    likeness: Likeness,
) -> Measurement:
    """All candidates that know the mode, for about so many seconds, in at least so many rounds.

    The first pass is not timed; it warms up, and tells sizes and likenesses.
    """
    end = time.monotonic() + seconds
    absent: list[Candidate] = []
    left_out: dict[Path, str] = {}
    with ExitStack() as stack:
        entrants = list(_entrants(mode, candidates, scratch, stack, absent))
        for source in sources:
            if reason := _first_pass(entrants, source, likeness):
                left_out[source] = reason
        images = [source for source in sources if source not in left_out]
        for number in count(1):
            _round(entrants, images, number)
            if number >= rounds and time.monotonic() > end:
                break
        for entrant in entrants:
            entrant.result.peak_mb = entrant.runner.peak_mb
    return Measurement(mode, [entrant.result for entrant in entrants], absent, left_out, number)


def _entrants(
    mode: Mode, candidates: Iterable[Candidate], scratch: Path, stack: ExitStack, absent: list[Candidate]
) -> Iterator[_Entrant]:
    for candidate in candidates:
        if mode.name not in candidate.modes:
            continue
        try:
            runner = Runner(candidate, mode)
        except AbsentError:
            absent.append(candidate)
            continue
        stack.callback(runner.close)
        yield _Entrant(Result(candidate), runner, scratch / "output")


def _first_pass(entrants: Sequence[_Entrant], source: Path, likeness: Likeness) -> str | None:
    """Notes size and likeness of everyone's output; where somebody cannot do the picture, tells who."""
    outputs: list[bytes] = []
    known: dict[bytes, float] = {}  # many outputs are the same, and comparing takes longer than making
    for entrant in entrants:
        try:
            entrant.runner.run(source, entrant.output)
        except FailedError as error:
            return f"{entrant.result.candidate.title}: {error}"
        data = entrant.output.read_bytes()
        if data not in known:
            known[data] = likeness(source, entrant.output)
        outputs.append(data)
    for entrant, data in zip(entrants, outputs, strict=True):
        entrant.result.sizes[source] = len(data)
        entrant.result.likenesses[source] = known[data]
        entrant.result.seconds[source] = []
    return None


def _round(entrants: Sequence[_Entrant], sources: Sequence[Path], number: int) -> None:
    """Every picture once by everyone; the order of both changes, as one may bear on the next."""
    before = [entrant.runner.user_seconds() for entrant in entrants]
    for source in Random(number).sample(sources, len(sources)):
        first = number % len(entrants)
        for entrant in (*entrants[first:], *entrants[:first]):
            entrant.result.seconds[source].append(entrant.runner.run(source, entrant.output))
    for entrant, so_far in zip(entrants, before, strict=True):
        entrant.result.user_seconds += entrant.runner.user_seconds() - so_far
