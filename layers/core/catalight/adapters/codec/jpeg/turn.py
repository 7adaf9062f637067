"""Turns a JPEG upright as it stands in its blocks, where they fit."""

from dataclasses import replace
from itertools import product
from typing import NamedTuple

from catalight.adapters.codec.jpeg.header import BLOCK_SIDE, Component, Header, UnusualError


class Turn(NamedTuple):
    """Whether a picture's axes change places, and whether after that it is mirrored, each way."""

    swap: bool
    across: bool
    down: bool


TURNS = {  # by EXIF orientation
    1: Turn(swap=False, across=False, down=False),
    2: Turn(swap=False, across=True, down=False),
    3: Turn(swap=False, across=True, down=True),
    4: Turn(swap=False, across=False, down=True),
    5: Turn(swap=True, across=False, down=False),
    6: Turn(swap=True, across=True, down=False),
    7: Turn(swap=True, across=True, down=True),
    8: Turn(swap=True, across=False, down=True),
}

_ZIGZAG = sorted(product(range(BLOCK_SIDE), repeat=2), key=lambda at: (sum(at), at[1 - sum(at) % 2]))
_SWAPPED = [_ZIGZAG.index((column, row)) for row, column in _ZIGZAG]


def upright(header: Header, turn: Turn) -> Header:
    """What the header tells after a turn.

    Raises UnusualError where it is mirrored and its last blocks are not whole: they would come first.
    """
    made = _swapped(header) if turn.swap else header
    across, down = made.unit()
    if (turn.across and made.width % across) or (turn.down and made.height % down):
        raise UnusualError("not in whole blocks")
    return made


def _swapped(header: Header) -> Header:
    return replace(
        header,
        width=header.height,
        height=header.width,
        components=[Component(c.id, c.down, c.across, c.steps) for c in header.components],
        steps={number: bytes(steps[k] for k in _SWAPPED) for number, steps in header.steps.items()},
    )
