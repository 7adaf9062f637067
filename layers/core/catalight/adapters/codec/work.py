"""An image in the sandbox: what has become of each of its renditions."""

import logging
import os
from collections.abc import Sequence
from typing import Any

from catalight.adapters.codec import answers
from catalight.adapters.codec.answers import SandboxError
from catalight.domain.errors import UNEXPECTED, ImageError
from catalight.domain.image.compressed import Compressed
from catalight.domain.image.rendition import Rendition

logger = logging.getLogger(__name__)


class Work:
    """The renditions of an image, of which some have an outcome and the others are due."""

    def __init__(self, renditions: Sequence[Rendition]) -> None:
        self._renditions = renditions
        self._outcomes: dict[int, Compressed | ImageError] = {}
        self._given: list[int] = []  # those that the child got
        self._at: int | None = None  # the one that it works on; None while it works for all
        self._end = 0  # of the outputs so far, in the child's file
        self._error: ImageError | SandboxError | None = None  # of the source

    @property
    def due(self) -> list[int]:
        """The indices of the renditions that have no outcome."""
        return [index for index in range(len(self._renditions)) if index not in self._outcomes]

    def begin(self) -> list[Rendition]:
        """Return the renditions that are due; a child begins to work on them, with an empty file."""
        self._given, self._end = self.due, 0
        self._at = self._given[0] if len(self._given) == 1 else None
        return [self._renditions[index] for index in self._given]

    def take(self, answer: dict[str, Any], output: int) -> None:
        """Note what the child says. Raises SandboxError if it may not say so, or if the codec failed."""
        due = [place for place, index in enumerate(self._given) if index not in self._outcomes]
        if "at" in answer:
            self._at = self._given[answers.number(answer, "at", due)]
            return
        try:
            if "rendition" not in answer:
                answers.check(answer)
                raise answers.malformed()
            index = self._given[answers.number(answer, "rendition", due)]
            self._outcomes[index] = self._compressed(answer, output)
        except ImageError as error:
            if "rendition" in answer:
                self._outcomes[index] = error
            else:
                self.fail_all(error)
        self._at = None

    def fail(self, error: ImageError | SandboxError) -> None:
        """Note that the child ended for this reason, which concerns what it worked on."""
        at, self._at = self._at, None
        if at is None or (len(self._renditions) == 1 and isinstance(error, SandboxError)):
            self.fail_all(error)
        elif isinstance(error, ImageError):
            self._outcomes[at] = error
        else:
            logger.error("the codec failed at rendition %s of an image", at, exc_info=error)
            self._outcomes[at] = UNEXPECTED

    def fail_all(self, error: ImageError | SandboxError) -> None:
        """Note an error of all renditions that are due."""
        if isinstance(error, SandboxError) and self._outcomes:
            logger.error("the codec failed at an image", exc_info=error)
            error = UNEXPECTED
        self._error = error
        self._outcomes |= dict.fromkeys(self.due, UNEXPECTED if isinstance(error, SandboxError) else error)

    def outcomes(self) -> list[Compressed | ImageError]:
        """Return one for each rendition. Raises the error that all have in common."""
        found = [self._outcomes[index] for index in range(len(self._renditions))]
        if isinstance(self._error, SandboxError) or (
            self._error and all(outcome is self._error for outcome in found)
        ):
            raise self._error
        return found

    def _compressed(self, answer: dict[str, Any], output: int) -> Compressed:
        answers.check(answer)
        length = answers.number(answer, "bytes", answers.NUMBERS)
        # Read without a change of the offset, which the child shares.
        data = os.pread(output, length, self._end)
        if len(data) != length:
            raise answers.malformed()
        self._end += length
        return answers.compressed(data, answer)
