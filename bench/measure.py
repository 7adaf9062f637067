"""Measure candidates side by side: they take turns at each image, for as many rounds as the time allows."""

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

type Similarity = Callable[[Path, Path], float]


@dataclass(slots=True)
class Result:
    """The results of one candidate in one mode, by image: seconds of each round, output bytes and SSIM."""

    candidate: Candidate
    seconds: dict[Path, list[float]] = field(default_factory=dict)
    user_seconds: float = 0.0
    sizes: dict[Path, int] = field(default_factory=dict)
    similarities: dict[Path, float] = field(default_factory=dict)
    peak_mb: float = 0.0

    @property
    def images_a_second(self) -> float:
        """Images a second over the whole set: the median of the rounds."""
        rounds = map(sum, zip(*self.seconds.values(), strict=True))
        return len(self.seconds) / median(rounds)

    @property
    def user_milliseconds(self) -> float:
        """Mean user CPU per image, in milliseconds; the kernel counts it in ticks."""
        return 1000 * self.user_seconds / sum(map(len, self.seconds.values()))

    @property
    def output_share(self) -> float:
        """Output bytes divided by input bytes, over the whole set."""
        return sum(self.sizes.values()) / sum(path.stat().st_size for path in self.sizes)

    @property
    def similarity(self) -> float:
        """The mean SSIM of the images."""
        return fmean(self.similarities.values())

    def speed_against(self, other: "Result") -> float:
        """Return the speed relative to `other`: the geometric mean over images of the median over rounds.

        Both times of a ratio are measured within about the same second, so a disturbance of both cancels out.
        """
        ratios = (
            median(theirs / ours for theirs, ours in zip(other.seconds[path], seconds, strict=True))
            for path, seconds in self.seconds.items()
        )
        return geometric_mean(ratios)

    def cpu_speed_against(self, other: "Result") -> float:
        """Return the ratio of user CPU over the whole set; NaN if it is too little to be counted."""
        return other.user_seconds / self.user_seconds if self.user_seconds else nan


@dataclass(frozen=True, slots=True)
class Measurement:
    """The results of a mode. `absent` are not installed, `left_out` are images that a candidate cannot do."""

    mode: Mode
    results: Sequence[Result]
    absent: Sequence[Candidate]
    left_out: dict[Path, str]
    rounds: int

    def result(self, candidate: Candidate) -> Result:
        """Return the result of one candidate."""
        return next(result for result in self.results if result.candidate is candidate)


@dataclass(frozen=True, slots=True)
class _Participant:
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
    similarity: Similarity,
) -> Measurement:
    """Measure all candidates that support the mode for about `seconds`, in at least `rounds` rounds.

    The first pass is not timed: it warms up and records output sizes and SSIM.
    """
    end = time.monotonic() + seconds
    absent: list[Candidate] = []
    left_out: dict[Path, str] = {}
    with ExitStack() as stack:
        participants = list(_participants(mode, candidates, scratch, stack, absent))
        for source in sources:
            if reason := _first_pass(participants, source, similarity):
                left_out[source] = reason
        images = [source for source in sources if source not in left_out]
        for number in count(1):
            _round(participants, images, number)
            if number >= rounds and time.monotonic() > end:
                break
        for participant in participants:
            participant.result.peak_mb = participant.runner.peak_mb
    return Measurement(mode, [participant.result for participant in participants], absent, left_out, number)


def _participants(
    mode: Mode, candidates: Iterable[Candidate], scratch: Path, stack: ExitStack, absent: list[Candidate]
) -> Iterator[_Participant]:
    for candidate in candidates:
        if mode.name not in candidate.modes:
            continue
        try:
            runner = Runner(candidate, mode)
        except AbsentError:
            absent.append(candidate)
            continue
        stack.callback(runner.close)
        yield _Participant(Result(candidate), runner, scratch / "output")


def _first_pass(participants: Sequence[_Participant], source: Path, similarity: Similarity) -> str | None:
    """Record size and SSIM of each output; return the reason if a candidate cannot do the image."""
    outputs: list[bytes] = []
    known: dict[bytes, float] = {}  # many outputs are equal, and SSIM takes longer than compressing
    for participant in participants:
        try:
            participant.runner.run(source, participant.output)
        except FailedError as error:
            return f"{participant.result.candidate.title}: {error}"
        data = participant.output.read_bytes()
        if data not in known:
            known[data] = similarity(source, participant.output)
        outputs.append(data)
    for participant, data in zip(participants, outputs, strict=True):
        participant.result.sizes[source] = len(data)
        participant.result.similarities[source] = known[data]
        participant.result.seconds[source] = []
    return None


def _round(participants: Sequence[_Participant], sources: Sequence[Path], number: int) -> None:
    """Run each candidate once on each image; the order of both changes, as one run may affect the next."""
    before = [participant.runner.user_seconds() for participant in participants]
    for source in Random(number).sample(sources, len(sources)):
        first = number % len(participants)
        for participant in (*participants[first:], *participants[:first]):
            participant.result.seconds[source].append(participant.runner.run(source, participant.output))
    for participant, so_far in zip(participants, before, strict=True):
        participant.result.user_seconds += participant.runner.user_seconds() - so_far
