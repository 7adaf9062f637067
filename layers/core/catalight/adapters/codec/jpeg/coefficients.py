"""DCT coefficients between decoding and encoding: binds native/requantise.c, search.c and encode.c."""

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ctypes import (
    CDLL,
    Structure,
    byref,
    c_char_p,
    c_int64,
    c_size_t,
    c_ubyte,
    c_uint16,
    c_uint32,
    c_void_p,
    sizeof,
)

from catalight.adapters.codec.jpeg.header import (
    BLOCK,
    COMPONENTS,
    LONGEST_CODE,
    SYMBOLS,
    TABLES,
    Header,
    Scan,
)
from catalight.adapters.codec.jpeg.turn import Turn

_OUTPUT_TABLES = 14
_MIN_WORDS = 1 << 16
_SPARE_BYTES = 4096  # the library wants room for a scan's header and a whole block


class _Component(Structure):
    _fields_ = (
        ("across", c_uint32),
        ("down", c_uint32),
        ("wide", c_uint32),
        ("high", c_uint32),
        ("before", c_ubyte * BLOCK),
        ("after", c_ubyte * BLOCK),
    )


class Image(Structure):
    """See native/jpeg.h."""

    _fields_ = (
        ("components", c_uint32),
        ("width", c_uint32),
        ("height", c_uint32),
        ("mcus_across", c_uint32),
        ("mcus_down", c_uint32),
        ("full", c_uint32),
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


class _Code(Structure):
    _fields_ = (("bits", c_uint16), ("length", c_uint16))


class _Plane(Structure):
    _fields_ = (
        ("words", c_void_p),
        ("count", c_size_t),
        ("capacity", c_size_t),
        ("largest", c_size_t),
        ("starts", c_void_p),
        ("across", c_size_t),
        ("rows", c_size_t),
        ("wide", c_size_t),
        ("high", c_size_t),
    )


# The same structures, filled in one step, which takes a fraction of the time: an image without components, a
# component, and a scan from `interval` on. Strings are filled up with zeros.
_SHAPE = struct.Struct("=6I")
_COMPONENT = struct.Struct(f"=4I{BLOCK}s{BLOCK}s")
_SCAN = struct.Struct(f"={7 + 3 * COMPONENTS}I" + f"{sizeof(_Table)}s" * 2 * TABLES)
_SCAN_AT = _Scan.interval.offset
_UNUSED = [(0,) * (COMPONENTS - count) for count in range(COMPONENTS + 1)]


class Output(Structure):
    """See native/jpeg.h."""

    _fields_ = (
        ("plane", _Plane * COMPONENTS),
        ("components", c_uint32),
        ("side", c_uint32),
        ("max_count", c_size_t),
        ("lost", c_int64),
        ("progressive", c_uint32),
        ("split", c_uint32 * COMPONENTS),
        ("luma_alone", c_uint32),
        ("busy", c_uint32),
        ("hard", c_uint32),
        ("histogram", c_uint32 * SYMBOLS * _OUTPUT_TABLES),
        ("tables", _Table * _OUTPUT_TABLES),
        ("codes", _Code * SYMBOLS * _OUTPUT_TABLES),
    )


class Coefficients:
    """The coefficients after rounding. `progressive` is whether progressive scans take the fewest bytes.

    `bytes` is what the scans take, and `lost` the squared differences of all samples that lower resolution of
    chroma has lost. `prices` are those of a bit of luma and of chroma; see look.Look.
    """

    def __init__(self, library: CDLL, output: Output, prices: tuple[int, int]) -> None:
        self._library = library
        self._output = output
        library.search(byref(output), *prices)
        self.bytes = library.choose_scans(byref(output))
        self.progressive = bool(output.progressive)
        self.lost = output.lost

    def coded(self) -> memoryview | None:
        """Return the scans with their Huffman tables; None if a JPEG cannot hold the values."""
        out = bytearray(self.bytes * 8 // 7 + _SPARE_BYTES)
        start = byref(c_ubyte.from_buffer(out))  # the type of an array of this length would have to be made
        length = self.bytes and self._library.encode(byref(self._output), start, c_size_t(len(out)))
        return memoryview(out)[:length] if length else None


@contextmanager
def requantised(
    library: CDLL,
    header: Header,
    first: Scan,
    output: Header,
    turn: Turn,
    steps: Sequence[bytes],
    price: int,
) -> Iterator[Coefficients | None]:
    """Requantise each component with the tables in `steps`; yield None for broken, unusual or too much data.

    `first` is the first scan of `header`; this function reads the others. `output` and `steps` are the header
    and the tables after the rotation, and `price` is that of look.Look. Raises UnusualError.
    """
    with planes(library, header, first, image(output, steps), turn) as made:
        yield Coefficients(library, made, prices(output, steps, price)) if made else None


@contextmanager
def from_pixels(
    library: CDLL, address: c_void_p | c_char_p, header: Header, price: int
) -> Iterator[Coefficients | None]:
    """Make the coefficients of an image with the steps of `header`; yield None for too much data.

    At `address` are its pixels: a byte each if it is grey, else red, green, blue and an unused byte.
    """
    made_of = image(header, [header.steps[component.steps] for component in header.components])
    with pixel_planes(library, address, header, made_of) as made:
        yield Coefficients(library, made, both_prices(price)) if made else None


@contextmanager
def planes(
    library: CDLL,
    header: Header,
    first: Scan,
    made_of: Image,
    turn: Turn,
    spare: int = 1,
) -> Iterator[Output | None]:
    """Like `requantised`, but before the search. There may be `spare` times as many values.

    `made_of` is the shape of the output.
    """
    with _output(library, header.width, header.height * spare) as made:
        if len(first.components) == len(header.components) and not header.progressive and not any(turn):
            ok = _from_scan(library, made_of, header, first, made)
        else:
            ok = _from_blocks(library, made_of, header, first, turn, made)
        yield made if ok else None


@contextmanager
def pixel_planes(
    library: CDLL, address: c_void_p | c_char_p, header: Header, made_of: Image, spare: int = 1
) -> Iterator[Output | None]:
    """Like `from_pixels`, but before the search. There may be `spare` times the usual number of values."""
    with _output(library, header.width, header.height * spare) as made:
        yield made if library.code_samples(byref(made_of), address, byref(made)) else None


@contextmanager
def _output(library: CDLL, width: int, height: int) -> Iterator[Output]:
    made = Output(max_count=max(_MIN_WORDS, width * height))
    try:
        yield made
    finally:
        library.release(byref(made))


def prices(output: Header, steps: Sequence[bytes], price: int) -> tuple[int, int]:
    """Return the prices of a bit of luma and of chroma: nothing where the steps do not change.

    So an output that is compressed once more stays as it is.
    """
    changed = [
        after != output.steps[component.steps]
        for component, after in zip(output.components, steps, strict=True)
    ]
    luma, chroma = both_prices(price)
    return luma * changed[0], chroma * any(changed[1:])


def both_prices(price: int) -> tuple[int, int]:
    """Return the prices of a bit of luma and of chroma: strong colours would lose too much at the former."""
    return price, price * 3 // 4


def _from_scan(library: CDLL, of_scan: Image, header: Header, scan: Scan, made: Output) -> bool:
    end = library.requantise_scan(byref(of_scan), byref(_scan(header, scan)), byref(made))
    return bool(end) and header.scan(end) is None


def _from_blocks(
    library: CDLL, upright: Image, header: Header, first: Scan, turn: Turn, made: Output
) -> bool:
    source = image(header, [header.steps[component.steps] for component in header.components])
    blocks = library.make_blocks(byref(source))
    scan: Scan | None = first
    try:
        while blocks and scan:
            end = library.read_scan(byref(source), byref(_scan(header, scan)), c_void_p(blocks))
            if not end:
                return False
            scan = header.scan(end)
        arguments = byref(source), byref(upright), byref(_Turn(*turn)), c_void_p(blocks), byref(made)
        return bool(blocks and library.requantise_blocks(*arguments))
    finally:
        library.release_blocks(c_void_p(blocks))


def image(header: Header, steps: Sequence[bytes]) -> Image:
    """Return the shape of an image, with its own steps and those after them."""
    made = Image()
    _SHAPE.pack_into(
        made, 0, len(header.components), header.width, header.height, *header.mcus(), header.keeps_chroma
    )
    at = _SHAPE.size
    for component, after in zip(header.components, steps, strict=True):
        own = component.across, component.down, *header.blocks(component)
        _COMPONENT.pack_into(made, at, *own, header.steps[component.steps], after)
        at += _COMPONENT.size
    return made


def _scan(header: Header, scan: Scan) -> _Scan:
    native = _Scan(header.data, scan.data_at, len(header.data))
    unused = _UNUSED[len(scan.components)]
    numbers = (
        *(header.interval, header.progressive, scan.first, scan.last, scan.refines, scan.shift),
        *(len(scan.components), *scan.components, *unused),
        *[number % TABLES for number in scan.dc],
        *unused,
        *[number % TABLES for number in scan.ac],
        *unused,
    )
    tables = [found.get(number, b"") for found in (header.dc, header.ac) for number in range(TABLES)]
    _SCAN.pack_into(native, _SCAN_AT, *numbers, *tables)
    return native
