"""The score of an output against its source, estimated from its coefficients: native/estimate.c.

SSIMULACRA2 (100 is equal, 90 cannot be told apart side by side, 70 is high quality, 50 medium) is a function
of a weighted sum of errors. The sum here is calibrated on photographs: `python -m bench.calibrate`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from ctypes import CDLL, byref, c_double, c_void_p
from enum import IntFlag
from math import sqrt
from operator import mul

from catalight.adapters.codec.jpeg import calibrated
from catalight.adapters.codec.jpeg.coefficients import Image, Output

_WHOLE_PRICE = 65536  # in look.Look


class Halved(IntFlag):
    """Where chroma lost half of its resolution, in native/estimate.h."""

    ACROSS = 1
    DOWN = 2


def _fourth_root(pool: float) -> float:
    return sqrt(sqrt(pool))


# Of the pools in native/estimate.h.
_ROOTS: tuple[Callable[[float], float], ...] = (
    _fourth_root,
    sqrt,
    float,
    sqrt,
    _fourth_root,
    sqrt,
)
_Pools = c_double * len(_ROOTS)


def score(features: Sequence[float]) -> float:
    """Return the estimated SSIMULACRA2 of an output with these features."""
    return scaled(sum(map(mul, calibrated.WEIGHTS, features)))


def scaled(errors: float) -> float:
    """Return the SSIMULACRA2 of a weighted sum of errors, by the metric's own function."""
    errors *= 0.9562382616834844
    errors = 2.326765642916932 * errors - 0.020884521182843837 * errors**2 + 6.248496625763138e-05 * errors**3
    return max(0.0, 100 - 10 * errors**0.6276336467831387) if errors > 0 else 100.0


class Sample:
    """A sample of an output whose steps are fine."""

    def __init__(self, library: CDLL, address: int) -> None:
        self._library = library
        self._address = c_void_p(address)

    def predicted(self, steps: Sequence[bytes], prices: Sequence[int]) -> list[float]:
        """Return the features of an output with these steps and prices of a bit."""
        pools = _Pools()
        self._library.predict(self._address, b"".join(steps), _zone(prices[0]), _zone(prices[1]), pools)
        return _features(pools)

    def measured(self, steps: Sequence[bytes], output: Output) -> list[float]:
        """Return the features of the same output, with these steps, after the search."""
        pools = _Pools()
        self._library.measure(self._address, b"".join(steps), byref(output), pools)
        return _features(pools)


def _zone(price: int) -> float:
    """Return the value in steps from which one is more than zero."""
    return 0.5 + calibrated.DEAD_ZONE * price / _WHOLE_PRICE


def _features(pools: Iterable[float]) -> list[float]:
    return [root(pool) for root, pool in zip(_ROOTS, pools, strict=True)]


@contextmanager
def sampled(library: CDLL, fine: Image, output: Output, halved: Halved) -> Iterator[Sample]:
    """Take a sample of an output with the steps of `fine`. Raises MemoryError."""
    address = library.take_sample(byref(fine), byref(output), int(halved))
    if not address:
        raise MemoryError("not enough memory to estimate the look of a JPEG")
    try:
        yield Sample(library, address)
    finally:
        library.release_sample(c_void_p(address))
