"""Small files that are made to take much CPU time or memory."""

from collections.abc import Iterator
from itertools import chain

from tests.corpora.bombs import jpeg, others, png, tiff


def bombs() -> Iterator[tuple[str, bytes]]:
    """Yield every bomb with its name; each is created only when it is needed."""
    return chain(jpeg.bombs(), png.bombs(), tiff.bombs(), others.bombs())
