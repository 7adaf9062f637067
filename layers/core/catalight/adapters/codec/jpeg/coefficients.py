"""DCT coefficients as tokens, between decoding and encoding: binds native/requantise.c and encode.c."""

from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ctypes import (
    CDLL,
    Structure,
    byref,
    c_char_p,
    c_size_t,
    c_ubyte,
    c_uint16,
    c_uint32,
    c_void_p,
    memmove,
)
from functools import cached_property

from catalight.adapters.codec.jpeg import huffman
from catalight.adapters.codec.jpeg.header import (
    BLOCK,
    COMPONENTS,
    LONGEST_CODE,
    SYMBOLS,
    TABLES,
    Header,
    HuffmanTable,
    Scan,
)
from catalight.adapters.codec.jpeg.turn import Turn

_MIN_TOKENS = 1 << 16


class _Component(Structure):
    _fields_ = (
        ("across", c_uint32),
        ("down", c_uint32),
        ("wide", c_uint32),
        ("high", c_uint32),
        ("before", c_ubyte * BLOCK),
        ("after", c_ubyte * BLOCK),
    )


class _Image(Structure):
    _fields_ = (
        ("components", c_uint32),
        ("width", c_uint32),
        ("height", c_uint32),
        ("mcus_across", c_uint32),
        ("mcus_down", c_uint32),
        ("component", _Component * COMPONENTS),
    )


class _Turn(Structure):
    _fields_ = (("swap", c_uint32), ("across", c_uint32), ("down", c_uint32))


class _Table(Structure):
    _fields_ = (("counts", c_ubyte * LONGEST_CODE), ("symbols", c_ubyte * SYMBOLS))


class _Scan(Structure):
    _fields_ = (
        ("data", c_char_p),
        ("start", c_size_t),
        ("length", c_size_t),
        ("interval", c_uint32),
        ("progressive", c_uint32),
        ("first", c_uint32),
        ("last", c_uint32),
        ("refines", c_uint32),
        ("shift", c_uint32),
        ("components", c_uint32),
        ("component", c_uint32 * COMPONENTS),
        ("dc", c_uint32 * COMPONENTS),
        ("ac", c_uint32 * COMPONENTS),
        ("dc_tables", _Table * TABLES),
        ("ac_tables", _Table * TABLES),
    )


class _Tokens(Structure):
    _fields_ = (
        ("tokens", c_void_p),
        ("count", c_size_t),
        ("capacity", c_size_t),
        ("max_count", c_size_t),
        ("histogram", c_uint32 * SYMBOLS * TABLES),
    )


class Tokens:
    """The coefficients after requantisation, ready for Huffman coding."""

    def __init__(self, library: CDLL, tokens: _Tokens) -> None:
        self._library = library
        self._tokens = tokens

    @cached_property
    def uses(self) -> list[dict[int, int]]:
        """The count of each symbol, for each Huffman table: luma DC, luma AC, chroma DC, chroma AC."""
        tables = (table[:] for table in self._tokens.histogram)
        return [{symbol: count for symbol, count in enumerate(table) if count} for table in tables]

    def coded(self, tables: Sequence[HuffmanTable]) -> memoryview | None:
        """Huffman-code the data; None if unusually many stuffed bytes make it too long for the buffer."""
        codes, bits = array("H", bytes(2 * 2 * SYMBOLS * TABLES)), 0
        for number, (table, uses) in enumerate(zip(tables, self.uses, strict=False)):
            for symbol, code, length in huffman.codes(table):
                index = 2 * (SYMBOLS * number + symbol)
                codes[index], codes[index + 1] = code, length
                bits += uses[symbol] * (length + symbol % 16)
        out = bytearray(bits // 7 + 64)
        buffer = (c_ubyte * len(out)).from_buffer(out)
        table_codes = (c_uint16 * len(codes)).from_buffer(codes)
        length = self._library.encode(byref(self._tokens), table_codes, buffer, c_size_t(len(out)))
        return memoryview(out)[:length] if length else None


@contextmanager
def requantised(
    library: CDLL, header: Header, first: Scan, output: Header, turn: Turn, steps: Sequence[bytes]
) -> Iterator[Tokens | None]:
    """Requantise each component with the tables in `steps`; yield None for broken, unusual or too much data.

    `first` is the first scan of `header`; this function reads the others. `output` and `steps` are the header
    and the tables after the rotation. Raises UnusualError.
    """
    tokens = _Tokens(max_count=max(_MIN_TOKENS, header.width * header.height))
    image = _image(output, steps)
    try:
        if len(first.components) == len(header.components) and not header.progressive and not any(turn):
            ok = _from_scan(library, image, header, first, tokens)
        else:
            ok = _from_blocks(library, image, header, first, turn, tokens)
        yield Tokens(library, tokens) if ok else None
    finally:
        library.release(byref(tokens))


def _from_scan(library: CDLL, image: _Image, header: Header, scan: Scan, tokens: _Tokens) -> bool:
    end = library.requantise_scan(byref(image), byref(_scan(header, scan)), byref(tokens))
    return bool(end) and header.scan(end) is None


def _from_blocks(
    library: CDLL, upright: _Image, header: Header, first: Scan, turn: Turn, tokens: _Tokens
) -> bool:
    image = _image(header, [header.steps[component.steps] for component in header.components])
    blocks = library.make_blocks(byref(image))
    scan: Scan | None = first
    try:
        while blocks and scan:
            end = library.read_scan(byref(image), byref(_scan(header, scan)), c_void_p(blocks))
            if not end:
                return False
            scan = header.scan(end)
        arguments = byref(image), byref(upright), byref(_Turn(*turn)), c_void_p(blocks), byref(tokens)
        return bool(blocks and library.requantise_blocks(*arguments))
    finally:
        library.release_blocks(c_void_p(blocks))


def _image(header: Header, steps: Sequence[bytes]) -> _Image:
    image = _Image(len(header.components), header.width, header.height, *header.mcus())
    for index, (component, after) in enumerate(zip(header.components, steps, strict=True)):
        native = _Component(component.across, component.down, *header.blocks(component))
        memmove(native.before, header.steps[component.steps], BLOCK)
        memmove(native.after, after, BLOCK)
        image.component[index] = native
    return image


def _scan(header: Header, scan: Scan) -> _Scan:
    native = _Scan(header.data, scan.data_at, len(header.data), header.interval, header.progressive)
    native.first, native.last, native.refines, native.shift = scan.first, scan.last, scan.refines, scan.shift
    native.components = len(scan.components)
    numbered = (native.component, scan.components), (native.dc, scan.dc), (native.ac, scan.ac)
    for target, numbers in numbered:
        target[: len(numbers)] = [number % TABLES for number in numbers]
    for tables, found in ((native.dc_tables, header.dc), (native.ac_tables, header.ac)):
        for number, table in found.items():
            memmove(tables[number].counts, table.counts, len(table.counts))
            memmove(tables[number].symbols, table.symbols, len(table.symbols))
    return native
