"""Measure how long the stages of a task take."""

import time

from catalight.domain.image.report import milliseconds


class Stopwatch:
    """Starts when it is created."""

    def __init__(self) -> None:
        self._began = time.perf_counter()

    def lap(self) -> int:
        """Return the whole milliseconds since the last call, or since the start."""
        began, self._began = self._began, time.perf_counter()
        return milliseconds(self._began - began)
