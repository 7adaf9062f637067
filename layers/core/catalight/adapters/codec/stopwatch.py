"""How long the stages of some work take."""

import time

from catalight.domain.image.report import milliseconds


class Stopwatch:
    """Runs from its making on."""

    def __init__(self) -> None:
        self._began = time.perf_counter()

    def lap(self) -> int:
        """Whole milliseconds since the last lap."""
        began, self._began = self._began, time.perf_counter()
        return milliseconds(self._began - began)
