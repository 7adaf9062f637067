"""Files that were made to cost far more than they weigh."""

from collections.abc import Iterator
from itertools import chain

from tests.corpora.bombs import jpeg, others, png, tiff


def bombs() -> Iterator[tuple[str, bytes]]:
    """Every one, with its name, drawn when its turn comes."""
    return chain(jpeg.bombs(), png.bombs(), tiff.bombs(), others.bombs())
