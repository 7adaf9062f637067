"""A file in the store, of which one version is read."""

from dataclasses import dataclass

from catalight.domain.errors import CatalogueError, Problem
from catalight.usecases.ports import ObjectRanges


def refusal(code: str, message: str, line: int | None = None, found: str | None = None) -> CatalogueError:
    """Return the error of a file that has this one problem."""
    return CatalogueError((Problem(code, message, line=line, found=found),), 1)


@dataclass(frozen=True, slots=True)
class FileAt:
    """`size` bytes under a key. Reading them raises ObjectChangedError if they are no longer there."""

    objects: ObjectRanges
    key: str
    etag: str
    size: int

    def read(self, start: int, length: int) -> bytes:
        """Return at most `length` bytes from `start` on; fewer only at the end of the file."""
        end = min(start + length, self.size)
        return self.objects.read_range(self.key, self.etag, start, end) if start < end else b""
