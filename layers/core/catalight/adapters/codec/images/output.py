"""A file that gets the outputs of an image, one after the other."""

import os
from typing import IO

from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.image.limits import Limits


class Output:
    """An output at the end of a file, behind others. All of them together are limited."""

    def __init__(self, file: IO[bytes], limits: Limits) -> None:
        self.raw = file
        self._limits = limits
        self._start = file.seek(0, os.SEEK_END)

    @property
    def length(self) -> int:
        """Its bytes so far."""
        return self._end() - self._start

    @property
    def too_long(self) -> bool:
        """Whether the limit is exceeded; in the sandbox a file can exceed it by one byte."""
        return self._end() > self._limits.output_bytes

    def error(self) -> ImageError:
        """Return the error of an output that exceeds the limit."""
        if not self._start:
            return self._limits.too_many_bytes()
        detail = f"The compressed images have more than {self._limits.output_bytes:,} bytes together."
        return ImageError(ImageErrorCode.TOO_MANY_BYTES, detail)

    def overwrite(self, data: bytes) -> None:
        """Replace what is there by `data`. Raises ImageError if that exceeds the limit.

        Raises RuntimeError, because it is a bug, if the file did not take all of it.
        """
        if self._start + len(data) > self._limits.output_bytes:
            raise self.error()
        self.discard()
        if (taken := self.raw.write(data)) != len(data):
            raise RuntimeError(f"a file took {taken} of {len(data)} bytes")

    def discard(self) -> None:
        """Remove what is there."""
        self.raw.seek(self._start)
        self.raw.truncate()

    def read(self) -> bytes:
        """Return what is there; its end is the position of the file then."""
        self.raw.seek(self._start)
        return self.raw.read()

    def _end(self) -> int:
        return self.raw.seek(0, os.SEEK_END)  # fstat would be a system call more for the filter to allow
