"""The problems that are found in a file, and how much it may have."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from catalight.domain.errors import Problem
from catalight.domain.stored import restored

MAX_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one file may have: rows, images, and URLs that cannot be fetched or were repaired.

    `otherwise` says how a larger one can be sent.
    """

    rows: int
    images: int
    odd_urls: int
    otherwise: str = "Split it into several files."


@dataclass(slots=True)
class Findings:
    """Problems in file order. Only the first MAX_PROBLEMS are described and kept, but all are counted."""

    kept: list[Problem] = field(default_factory=list)
    total: int = 0

    def add(self, describe: Callable[[], Problem]) -> None:
        """Count a problem, and keep it if there is room."""
        self.total += 1
        if len(self.kept) < MAX_PROBLEMS:
            self.kept.append(describe())

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Findings":
        """Read what `asdict` made."""
        return cls([restored(Problem, problem) for problem in document["kept"]], document["total"])
