"""The score of an output against its source, estimated from its coefficients: native/estimate.c.

SSIMULACRA2 (100 is equal, 90 cannot be told apart side by side, 70 is high quality, 50 medium) is a function
of a weighted sum of errors. The sum here is calibrated on photographs: `python -m bench.calibrate`.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from ctypes import CDLL, byref, c_double, c_void_p
from math import sqrt

from catalight.adapters.codec.jpeg import calibrated
from catalight.adapters.codec.jpeg.coefficients import Image, Output

_ROOTS = (2, 1, 0, 1, 2, 2, 1)  # square roots that are taken of the pools in native/estimate.h
_WHOLE_PRICE = 65536  # in look.Look
_Pools = c_double * len(_ROOTS)


def score(features: Sequence[float]) -> float:
    """Return the estimated SSIMULACRA2 of an output with these features."""
    return scaled(sum(weight * one for weight, one in zip(calibrated.WEIGHTS, features, strict=True)))


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
        luma, chroma = (0.5 + calibrated.DEAD_ZONE * one / _WHOLE_PRICE for one in prices)
        pools = _Pools()
        self._library.predict(self._address, b"".join(steps), luma, chroma, pools)
        return self._features(pools)

    def measured(self, steps: Sequence[bytes], output: Output) -> list[float]:
        """Return the features of the same output, with these steps, after the search."""
        pools = _Pools()
        self._library.measure(self._address, b"".join(steps), byref(output), pools)
        return self._features(pools)

    def _features(self, pools: Iterable[float]) -> list[float]:
        return [_root(pool, times) for pool, times in zip(pools, _ROOTS, strict=True)]


def _root(value: float, times: int) -> float:
    return _root(sqrt(value), times - 1) if times else value


@contextmanager
def sampled(library: CDLL, fine: Image, output: Output, *, halved: bool) -> Iterator[Sample]:
    """Take a sample of an output with the steps of `fine`; `halved` is whether its chroma lost resolution.

    Raises MemoryError.
    """
    address = library.take_sample(byref(fine), byref(output), halved)
    if not address:
        raise MemoryError("not enough memory to estimate the look of a JPEG")
    try:
        yield Sample(library, address)
    finally:
        library.release_sample(c_void_p(address))
