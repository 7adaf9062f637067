"""A picture's coded data as tokens, between its two codings: binds native/requantise.c and encode.c."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from ctypes import CDLL, Structure, byref, c_char_p, c_size_t, c_ubyte, c_uint16, c_uint32, c_void_p

from catalight.adapters.jpeg import huffman
from catalight.adapters.jpeg.header import BLOCK, TABLES, Codes, Header

_SYMBOLS = 256
_SCALE = 1 << 16
_LEAST_TOKENS = 1 << 16
_WHITE, _BLACK = 8 * 127, 8 * 128  # a block's DC, from the middle up and down
_SHADE = 4  # DC that no pixel shows
_NEVER = 1 << 31


class _Table(Structure):
    _fields_ = (("counts", c_ubyte * huffman.LONGEST), ("symbols", c_ubyte * _SYMBOLS))


class _Component(Structure):
    _fields_ = (
        ("blocks", c_uint32),
        ("dc", c_uint32),
        ("ac", c_uint32),
        ("target", c_uint32),
        ("white_from", c_uint32),
        ("white", c_uint32),
        ("black_from", c_uint32),
        ("black", c_uint32),
        ("scales", c_uint32 * BLOCK),
    )


class _Scan(Structure):
    _fields_ = (
        ("data", c_char_p),
        ("start", c_size_t),
        ("length", c_size_t),
        ("most", c_size_t),
        ("units", c_uint32),
        ("interval", c_uint32),
        ("components", c_uint32),
        ("component", _Component * 3),
        ("dc", _Table * TABLES),
        ("ac", _Table * TABLES),
    )


class _Tokens(Structure):
    _fields_ = (
        ("tokens", c_void_p),
        ("count", c_size_t),
        ("room", c_size_t),
        ("end", c_size_t),
        ("histogram", c_uint32 * _SYMBOLS * TABLES),
    )


class _Code(Structure):
    _fields_ = (("bits", c_uint16), ("length", c_uint16))


class Scan:
    """The coded picture between its two codings; `end` is where the data of the source end."""

    def __init__(self, library: CDLL, tokens: _Tokens) -> None:
        self._library = library
        self._tokens = tokens

    @property
    def end(self) -> int:
        """The place of the marker after the source's coded data."""
        return int(self._tokens.end)

    def uses(self, table: int) -> dict[int, int]:
        """How often the output has each symbol of a table: they stand as DC, AC, and both for colours."""
        return {symbol: count for symbol, count in enumerate(self._tokens.histogram[table][:]) if count}

    def coded(self, tables: Sequence[Codes]) -> memoryview | None:
        """The data in codes of these tables, or None where they grow by FF bytes beyond what is likely."""
        codes, bits = (_Code * _SYMBOLS * TABLES)(), 0
        for number, table in enumerate(tables):
            uses = self.uses(number)
            for symbol, code, length in huffman.codes(table):
                codes[number][symbol] = _Code(code, length)
                bits += uses[symbol] * (length + symbol % 16)
        out = bytearray(bits // 7 + 64)
        place = (c_ubyte * len(out)).from_buffer(out)
        length = self._library.encode(byref(self._tokens), codes, place, c_size_t(len(out)))
        return memoryview(out)[:length] if length else None


@contextmanager
def requantised(library: CDLL, data: bytes, header: Header, steps: Iterable[bytes]) -> Iterator[Scan | None]:
    """Give each component's values these steps; None where the data are broken, unusual or too many."""
    tokens = _Tokens()
    try:
        whole = library.requantise(byref(_scan(data, header, steps)), byref(tokens))
        yield Scan(library, tokens) if whole else None
    finally:
        library.release(byref(tokens))


def _scan(data: bytes, header: Header, steps: Iterable[bytes]) -> _Scan:
    """What the library is told of the source; colours share their tables in the output."""
    scan = _Scan(data, header.data_at, len(data), max(_LEAST_TOKENS, header.width * header.height))
    scan.units, scan.interval, scan.components = header.units, header.interval, len(header.components)
    for place, (component, new) in enumerate(zip(header.components, steps, strict=True)):
        old = header.steps[component.steps]
        scales = (c_uint32 * BLOCK)(*(_SCALE * a // b for a, b in zip(old, new, strict=True)))
        target, blocks = (2 if place else 0), component.across * component.down
        shades = (_NEVER, _NEVER) if place else (_WHITE, _BLACK)  # colours end nowhere near
        ends = (end for shade in shades for end in _end(shade, old[0], new[0]))
        scan.component[place] = _Component(blocks, component.dc, component.ac, target, *ends, scales)
    for tables, found in ((scan.dc, header.dc), (scan.ac, header.ac)):
        for number, table in found.items():
            tables[number].counts[:] = table.counts
            tables[number].symbols[: len(table.symbols)] = table.symbols
    return scan


def _end(level: int, old: int, new: int) -> tuple[int, int]:
    """From which DC on a block is as good as black, or white, and what that is in the new steps."""
    rounded = (2 * level + new) // (2 * new)
    return _NEVER if old == new else -(-(level - _SHADE) // old), rounded
