"""How long one message reads on before other uploads get their turn."""

from catalight.usecases.ports import SecondsLeft
from catalight.usecases.uploads.unpack import MIN_SECONDS_LEFT

TURN = 60.0
"""Seconds of progress. Few functions read files, and one owner could hold them all until their timeout."""


class Turn:
    """Says like SecondsLeft how long the work may go on, but for one turn at most.

    It is asked first when the first progress is made. What went before is repeated by each message: to pass
    over what is unpacked, or to take up the rows that are stored. A turn lasts at least as long as that, so
    at most about half of the work is repetition.
    """

    def __init__(self, seconds_left: SecondsLeft) -> None:
        self._seconds_left = seconds_left
        self._begun_with = seconds_left()
        self._ends_with: float | None = None

    def __call__(self) -> float:
        """Return the seconds left, which are fewer than MIN_SECONDS_LEFT once the turn is over."""
        left = self._seconds_left()
        if self._ends_with is None:
            self._ends_with = left - max(TURN, self._begun_with - left)
        return min(left, left - self._ends_with + MIN_SECONDS_LEFT)
