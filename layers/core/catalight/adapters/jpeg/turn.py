"""Turns a JPEG upright as it stands in its blocks, where they fit."""

from dataclasses import replace
from itertools import product
from typing import NamedTuple

from catalight.adapters.jpeg.header import BLOCK_SIDE, Component, Header, UnusualError


class Turn(NamedTuple):
    """Whether a picture is mirrored, each way, and whether after that its axes change places."""

    across: bool
    down: bool
    swap: bool


TURNS = {  # by EXIF orientation
    1: Turn(across=False, down=False, swap=False),
    2: Turn(across=True, down=False, swap=False),
    3: Turn(across=True, down=True, swap=False),
    4: Turn(across=False, down=True, swap=False),
    5: Turn(across=False, down=False, swap=True),
    6: Turn(across=False, down=True, swap=True),
    7: Turn(across=True, down=True, swap=True),
    8: Turn(across=True, down=False, swap=True),
}

_ZIGZAG = sorted(product(range(BLOCK_SIDE), repeat=2), key=lambda at: (sum(at), at[1 - sum(at) % 2]))
_SWAPPED = [_ZIGZAG.index((column, row)) for row, column in _ZIGZAG]


def upright(header: Header, turn: Turn) -> Header:
    """What the header tells after a turn.

    Raises UnusualError where it is mirrored and its last blocks are not whole: they would come first.
    """
    across, down = header.unit()
    if (turn.across and header.width % across) or (turn.down and header.height % down):
        raise UnusualError("not in whole blocks")
    if not turn.swap:
        return header
    return replace(
        header,
        width=header.height,
        height=header.width,
        components=[Component(c.id, c.down, c.across, c.steps) for c in header.components],
        steps={number: bytes(steps[k] for k in _SWAPPED) for number, steps in header.steps.items()},
    )
