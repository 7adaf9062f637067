"""Looks: how near outputs are to their source, whatever quality each of them takes for that."""

from enum import StrEnum


class Look(StrEnum):
    """What `quality=auto` aims at."""

    HIGH = "high"
    GOOD = "good"
    SMALL = "small"

    @property
    def score(self) -> int:
        """The least SSIMULACRA2 of an output against its source, as far as it can be estimated.

        The metric's author calls 90 indistinguishable side by side, 70 high quality and 50 medium quality.
        """
        return _SCORES[self]


_SCORES = {Look.HIGH: 80, Look.GOOD: 70, Look.SMALL: 60}
