"""Images that are probably no product images: one URL in many rows, such as `no-image.jpg`."""

from collections import Counter

from catalight.domain.job.row import Row

type Place = tuple[int, int]
"""A row number, and the place of an image in the row."""

MORE_THAN_ROWS = 20
MORE_THAN_SHARE = 0.05  # of the rows
MOST = 10_000  # places that are counted at the same time


class RowsOfUrls:
    """Counts in how many rows the URL of an image is, by the place of the first image with it.

    It is exact for up to MOST repeated URLs. For more of them the counts are too small, by no more than the
    number of repeated images divided by MOST (Misra and Gries, "Finding repeated elements", 1982): so memory
    is bounded, and what is in more than one row of twenty is not lost.
    """

    def __init__(self) -> None:
        self.rows = 0
        self.further: Counter[Place] = Counter()  # rows besides that of the first image

    def add(self, row: Row) -> None:
        """Count a row. Those of a job come in their order."""
        self.rows += 1
        first = {image.same_as for image in row.images if image.same_as and not image.rendition}
        self.further.update(at for at in first if at[0] != row.number)
        if len(self.further) > MOST:
            self.further = Counter({at: count - 1 for at, count in self.further.items() if count > 1})

    @property
    def placeholders(self) -> frozenset[Place]:
        """The first places of URLs that are in many rows."""
        least = max(MORE_THAN_ROWS, MORE_THAN_SHARE * self.rows)
        return frozenset(at for at, count in self.further.items() if count + 1 > least)
