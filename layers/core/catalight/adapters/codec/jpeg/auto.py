"""Find the lowest quality with a certain look, without decoding and with one search.

The coefficients are first divided by fine steps; of their errors with coarser ones the look is estimated for
some qualities. Those of the quality that is chosen then come from the fine ones.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ctypes import CDLL, byref, c_char_p, c_void_p
from dataclasses import dataclass
from math import ceil, sqrt
from typing import NamedTuple

from catalight.adapters.codec.jpeg import coefficients, estimate, look
from catalight.adapters.codec.jpeg.coefficients import Coefficients, Image, Output
from catalight.adapters.codec.jpeg.estimate import Choice, Halved
from catalight.adapters.codec.jpeg.header import BLOCK_SIDE, Header, Scan
from catalight.adapters.codec.jpeg.turn import Turn

LOWEST, HIGHEST = estimate.QUALITIES[0], estimate.QUALITIES[-1]
_SPARE = 2  # fine steps leave more values than usual
_SHARP = 4  # one in so many busy blocks of a drawing or text has edges on white or black

type Plan = Callable[[int], tuple[Sequence[bytes], tuple[int, int]]]
"""The steps of each component and the prices of a bit of luma and of chroma, by quality."""


@dataclass(frozen=True, slots=True)
class Settled:
    """An output's coefficients and steps, the quality that was chosen, and the estimated SSIMULACRA2.

    `loses` is whether halving the resolution of chroma loses too much: see look.Look.loses.
    """

    coefficients: Coefficients
    steps: Sequence[bytes]
    quality: int
    score: float
    loses: bool = False


class Made(NamedTuple):
    """A JPEG, the quality that was chosen for it, and the SSIMULACRA2 that is estimated."""

    data: bytes
    quality: int
    score: float


@contextmanager
def requantised(
    library: CDLL, header: Header, first: Scan, output: Header, turn: Turn, plan: Plan, least: float
) -> Iterator[Settled | None]:
    """Requantise like `coefficients.requantised`, at the lowest quality whose score is `least` or more."""
    halved = halved_chroma(output)
    fine = coefficients.image(output, _fine(output, plan, halved))
    with coefficients.planes(library, header, first, fine, turn, _SPARE) as made:
        yield _settled(library, fine, made, plan, least, halved) if made else None


@contextmanager
def from_pixels(
    library: CDLL, address: c_void_p | c_char_p, header: Header, plan: Plan, least: float
) -> Iterator[Settled | None]:
    """Like `coefficients.from_pixels`, at the lowest quality whose score is `least` or more.

    The steps of `header` do not matter. Drawings and text are made once more with the steps of the quality,
    because how far white goes on beyond white depends on them.
    """
    steps = [b"\1" + fine[1:] for fine in plan(HIGHEST)[0]]
    header.steps = dict(enumerate(steps))
    fine = coefficients.image(header, steps)
    with coefficients.pixel_planes(library, address, header, fine, _SPARE) as made:
        halved = Halved.ACROSS | Halved.DOWN if len(steps) > 1 else Halved(0)
        if made is None or not _is_sharp(made):
            yield _settled(library, fine, made, plan, least, halved) if made else None
            return
        quality, score = _foreseen(library, fine, made, plan, least, halved)
    asked, (price, _) = plan(quality)
    header.steps = dict(enumerate(asked))
    with coefficients.from_pixels(library, address, header, price) as found:
        yield Settled(found, asked, quality, score) if found else None


def halved_chroma(output: Header) -> Halved:
    """Return where a source has chroma of a higher resolution than the output."""
    if len(output.components) == 1 or output.keeps_chroma:
        return Halved(0)
    across, down = (side == BLOCK_SIDE for side in output.mcu_size())
    return Halved(Halved.ACROSS * across | Halved.DOWN * down)


def _fine(output: Header, plan: Plan, halved: Halved) -> list[bytes]:
    """Return steps of which those of all qualities lose next to nothing.

    Values of a component that is not halved are multiples of its own steps, so finer ones are of no use.
    """
    finest = look.of_quality(HIGHEST).chroma
    return [
        b"\1" + finest[1:] if halved and index else output.steps[component.steps][:1] + steps[1:]
        for index, (component, steps) in enumerate(zip(output.components, plan(HIGHEST)[0], strict=True))
    ]


def _settled(library: CDLL, fine: Image, made: Output, plan: Plan, least: float, halved: Halved) -> Settled:
    """Choose the quality; `made` has the steps of `fine`, and gets those of the quality."""
    curve = estimate.curve(full=bool(fine.full))
    with estimate.chosen(library, fine, made, halved, curve, least) as choice:
        quality = _chosen(library, choice, curve, plan, least)
        steps, prices = plan(quality)
        joined = b"".join(steps)
        library.rescale(byref(fine), joined, byref(made))
        found = Coefficients(library, made, prices)
        if _is_sharp(made):  # then what goes on beyond white would count as errors
            library.foresee(byref(choice), curve, joined, *prices)
        else:
            library.judge(byref(choice), curve, joined, byref(made))
        score = round(estimate.scaled(choice.errors), 1)
        loses = bool(made.lost) and look.of_quality(quality).loses(made.lost, found.bytes)
        return Settled(found, steps, quality, score, loses)


def _is_sharp(made: Output) -> bool:
    """Whether this is a drawing or text: many of its blocks have edges on white or black."""
    return bool(made.hard and _SHARP * made.hard >= made.busy)


def _chosen(library: CDLL, choice: Choice, curve: bytes, plan: Plan, least: float) -> int:
    """Return the quality of a choice, bisected further where scores are not near each other."""
    low, high = int(choice.below), int(choice.quality)
    if not low:
        return high
    far, close, wanted = float(choice.far), float(choice.close), estimate.distance(least)
    while high - low > 1 and far - close > estimate.NEAR:
        middle = (low + high) // 2
        steps, prices = plan(middle)
        library.foresee(byref(choice), curve, b"".join(steps), *prices)
        if (found := sqrt(choice.errors)) <= wanted:
            high, close = middle, found
        else:
            low, far = middle, found
    return low + ceil((far - wanted) / (far - close) * (high - low)) if high - low > 1 else high


def _foreseen(
    library: CDLL, fine: Image, made: Output, plan: Plan, least: float, halved: Halved
) -> tuple[int, float]:
    """Choose the quality for an output that is made anew; return it and its score."""
    curve = estimate.curve(full=False)
    with estimate.chosen(library, fine, made, halved, curve, least) as choice:
        quality = _chosen(library, choice, curve, plan, least)
        steps, prices = plan(quality)
        library.foresee(byref(choice), curve, b"".join(steps), *prices)
        return quality, round(estimate.scaled(choice.errors), 1)
