"""Rotate a JPEG upright block by block, if its size allows that."""

from dataclasses import replace
from itertools import product
from typing import NamedTuple

from catalight.adapters.codec.jpeg.header import BLOCK_SIDE, Component, Header, UnsupportedJpegError


class Turn(NamedTuple):
    """Whether to swap the axes, and whether to mirror horizontally and vertically after that."""

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
    """Return the header of the rotated image.

    Raises UnusualError if a mirrored axis ends with an incomplete MCU, because that one would come first.
    """
    turned = _swapped(header) if turn.swap else header
    across, down = turned.mcu_size()
    if (turn.across and turned.width % across) or (turn.down and turned.height % down):
        raise UnsupportedJpegError("the size is not a multiple of the MCU size")
    return turned


def _swapped(header: Header) -> Header:
    return replace(
        header,
        width=header.height,
        height=header.width,
        components=[Component(c.id, c.down, c.across, c.steps) for c in header.components],
        steps={number: bytes(steps[k] for k in _SWAPPED) for number, steps in header.steps.items()},
    )
