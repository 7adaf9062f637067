"""The fast path from a JPEG to a smaller JPEG: requantise its DCT coefficients with coarser tables.

No pixels are decoded, so it takes half the time of the path through pixels. A JPEG with one scan is read row
by row and needs hardly any memory; with several scans all coefficients are in memory, as in every decoder.
The fast path does not support unusual JPEGs, and needs the library that is built from native/requantise.c.
"""

from collections.abc import Sequence
from functools import lru_cache
from operator import ge
from typing import NamedTuple

from catalight.adapters.codec import native
from catalight.adapters.codec.jpeg import auto, coefficients, look, write
from catalight.adapters.codec.jpeg.auto import Made
from catalight.adapters.codec.jpeg.header import Header, Scan, UnsupportedJpegError
from catalight.adapters.codec.jpeg.turn import TURNS, Turn, upright

# Blocks of each component in an MCU, across and down: chroma of higher resolution than the output's, which is
# 4:4:4, 4:2:2 and 4:4:0.
_MORE_CHROMA = (write.FULL, [(2, 1), (1, 1), (1, 1)], [(1, 2), (1, 1), (1, 1)])
_SUPPORTED = (write.GREY, write.SUBSAMPLED, *_MORE_CHROMA)


def requantised(data: bytes, quality: int, exif: bytes = b"", orientation: int = 1) -> bytes | None:
    """Requantise a JPEG and rotate it upright; keep no metadata but `exif`.

    Each quantisation step is the coarser of the source's own and that of `quality`; see look.py. The chroma
    has half the resolution each way (4:2:0), as in most JPEGs; that of a 4:4:4 source keeps its resolution if
    it would lose too much, or if its steps stay the same. Returns None if the fast path does not support the
    source.
    """
    library = native.library()
    asked = look.of_quality(quality)
    try:
        jpeg = _read(data, orientation) if library else None
        if library is None or jpeg is None:
            return None
        if not jpeg.chroma_stays(quality):
            steps = _coarser(jpeg.output, quality)
            if jpeg.would_lose_chroma(steps):
                return None
            with coefficients.requantised(library, *jpeg, steps, asked.price) as made:
                if made is None or not made.lost or not asked.loses(made.lost, made.bytes):
                    return write.written(jpeg.output, steps, made, exif)
        jpeg = _read(data, orientation, keep_chroma=True)
        if jpeg is None:
            return None
        steps = _coarser(jpeg.output, quality)
        with coefficients.requantised(library, *jpeg, steps, asked.price) as made:
            return write.written(jpeg.output, steps, made, exif)
    except UnsupportedJpegError:
        return None


def settled(data: bytes, least: float, exif: bytes = b"", orientation: int = 1) -> Made | None:
    """Requantise like `requantised`, at the lowest quality whose estimated score is `least` or more."""
    library = native.library()
    try:
        jpeg = _read(data, orientation) if library else None
        if library is None or jpeg is None:
            return None
        with auto.requantised(library, *jpeg, jpeg.plan, least) as made:
            if made is None:
                return None
            loses = made.loses or (jpeg.would_lose_chroma(made.steps) and made.score < least)
            if not loses:
                return _written(jpeg, made, exif)
        if jpeg.blocks() != write.FULL:
            return None
        jpeg = _read(data, orientation, keep_chroma=True)
        if jpeg is None:
            return None
        with auto.requantised(library, *jpeg, jpeg.plan, least) as made:
            return _written(jpeg, made, exif) if made else None
    except UnsupportedJpegError:
        return None


def has_reached(data: bytes, quality: int) -> bool:
    """Whether a JPEG has the steps of this quality or larger ones, as what was made at it has."""
    luma, chroma, _ = look.of_quality(quality)
    own = _steps(data)
    return bool(own) and all(
        all(map(ge, table, least)) for table, least in zip(own, (luma, chroma, chroma), strict=False)
    )


def output_quality(data: bytes) -> int | None:
    """Return the quality at which a JPEG was made, if it is an output of `requantised` or `settled`."""
    own = _steps(data)
    return look.quality_of(own) if own else None


def _steps(data: bytes) -> tuple[bytes, ...]:
    """Return the steps of each component; none if the fast path does not support the JPEG."""
    try:
        jpeg = _read(data, 1)
    except UnsupportedJpegError:
        return ()
    return jpeg.header.own_steps() if jpeg else ()


class _Jpeg(NamedTuple):
    header: Header
    first: Scan
    output: Header
    turn: Turn

    def plan(self, quality: int) -> tuple[tuple[bytes, ...], tuple[int, int]]:
        """Return the steps of each component and the prices of a bit of luma and of chroma."""
        steps = _coarser(self.output, quality)
        return steps, coefficients.prices(self.output, steps, look.of_quality(quality).price)

    def chroma_stays(self, quality: int) -> bool:
        """Whether the chroma is of full resolution, and would not change if the output's were too."""
        if self.blocks() != write.FULL:
            return False
        own = self.output.own_steps()
        return _coarser_than(own, quality, look.of_quality(quality), full=True)[1:] == own[1:]

    def would_lose_chroma(self, steps: Sequence[bytes]) -> bool:
        """Whether an output with these steps would have a lower resolution of chroma, and nothing else."""
        return self.blocks() in _MORE_CHROMA and tuple(steps) == self.output.own_steps()

    def blocks(self) -> list[tuple[int, int]]:
        """Return the blocks of each component in an MCU of the source, across and down."""
        return [(component.across, component.down) for component in self.header.components]


def _written(jpeg: _Jpeg, made: auto.Settled, exif: bytes) -> Made | None:
    written = write.written(jpeg.output, made.steps, made.coefficients, exif)
    return Made(written, made.quality, made.score) if written else None


def _read(data: bytes, orientation: int, *, keep_chroma: bool = False) -> _Jpeg | None:
    header = Header(data, keeps_chroma=keep_chroma)
    first = header.scan(len(write.SOI)) if data.startswith(write.SOI) else None
    if first is None:
        return None
    turn = TURNS[orientation]
    jpeg = _Jpeg(header, first, upright(header, turn), turn)
    return jpeg if jpeg.blocks() in _SUPPORTED else None


def _coarser(header: Header, quality: int) -> tuple[bytes, ...]:
    """Return, for each component, the coarser steps of its own table and the one of the quality."""
    return _coarser_than(header.own_steps(), quality, look.of_quality(quality), full=header.keeps_chroma)


@lru_cache(maxsize=512)  # many sources have the same tables, and `auto` tries several qualities
def _coarser_than(own: tuple[bytes, ...], quality: int, asked: look.Look, *, full: bool) -> tuple[bytes, ...]:
    """If a source is at this quality already, its steps are its own, so that it does not change."""
    if look.already(own, quality):
        return own
    chroma = asked.full_chroma() if full else asked.chroma
    tables = (asked.luma, chroma, chroma)
    return tuple(bytes(map(max, before, after)) for before, after in zip(own, tables, strict=False))
