"""The warnings of a file: each kind is said once for each thing that it concerns."""

from collections.abc import Hashable

from catalight.domain.errors import Problem

MAX_WARNINGS = 100


class Findings:
    """Collects warnings, at most `MAX_WARNINGS` of each code; then one says how many more there are."""

    def __init__(self) -> None:
        self._kept: list[Problem] = []
        self._seen: set[Hashable] = set()
        self._counts: dict[str, int] = {}

    def add(self, warning: Problem, thing: Hashable = None) -> None:
        """Add a warning, unless the same code was said of this thing before."""
        key = (warning.code, thing if thing is not None else warning.line)
        if key in self._seen:
            return
        self._seen.add(key)
        count = self._counts[warning.code] = self._counts.get(warning.code, 0) + 1
        if count <= MAX_WARNINGS:
            self._kept.append(warning)

    def all(self) -> tuple[Problem, ...]:
        """Return the warnings, in the order in which they were found."""
        more = [
            Problem(code, f"There are {count - MAX_WARNINGS:,} more warnings of this kind.")
            for code, count in self._counts.items()
            if count > MAX_WARNINGS
        ]
        return (*self._kept, *more)
