"""Open BMPs with any colour masks, and keep their alpha; name the kinds that cannot be read.

Pillow reads a few masks only, and alpha in some 32-bit pixels only. Microsoft's BITMAPV5HEADER lists the
fields; where it leaves a choice, this follows Chromium.
"""

import struct
from typing import NamedTuple

from PIL import Image, ImageChops
from PIL.BmpImagePlugin import BmpImageFile
from PIL.ImageFile import _Tile

from catalight.domain.errors import ImageError, ImageErrorCode

_PLAIN, _MASKED, _MASKED_WITH_ALPHA = 0, 3, 6  # values of `compression`
_HEADER = struct.Struct("<10xI I2i2xHI")  # up to `compression`
_MASKS_AT = 54  # in the file: the last fields of the header, or between header and pixels
_OLD, _WITH_ALPHA, _V4 = 40, 56, 108  # lengths of headers: without masks, with four, and as of Windows 95
_OS2 = 64  # a header whose compression 3 means something else
_RAW = {16: ("LA", 2), 32: ("RGBA", 4)}  # bits: the mode that holds a pixel's bytes, and how many there are
_LEFT_TO_PILLOW = {
    16: ((0xF800, 0x7E0, 0x1F, 0), (0x7C00, 0x3E0, 0x1F, 0)),
    32: ((0xFF0000, 0xFF00, 0xFF, 0),),
}
_PLAIN_COLOURS = (0xFF0000, 0xFF00, 0xFF)  # whatever the header says, if `compression` is none
# What Pillow says, and what it means
_UNSUPPORTED = {
    "header type": "a header of {length} bytes",
    "pixel depth": "{bits} bits a pixel and compression {compression}",
    "compression": "{bits} bits a pixel and compression {compression}",
    "bitfields": "{bits} bits a pixel and compression {compression}",
}
_BITS = 8  # of a channel that are used

type Masks = tuple[int, int, int, int]


class _Header(NamedTuple):
    offset: int
    length: int
    width: int
    height: int
    bits: int
    compression: int


class Bmp(BmpImageFile):
    """A BMP; opening one raises ImageError if its pixels are of a kind that is not supported."""

    _masks: Masks | None = None
    _ignores_zero = False  # whether alpha that is 0 everywhere means nothing

    def _open(self) -> None:
        assert self.fp is not None
        data = self.fp.read(_MASKS_AT + 16)
        self.fp.seek(0)
        header = _Header(*_HEADER.unpack_from(data))
        masks = _masks(header, data)
        is_pillows = masks in _LEFT_TO_PILLOW.get(header.bits, ()) and header.compression == _MASKED
        if masks is None or is_pillows:
            self._open_plain(header)
            return
        if not all(map(_usable, masks)) or max(masks) >> header.bits:
            raise _unsupported(f"the colour masks {', '.join(f'{mask:x}' for mask in masks)}")
        self._masks, self._ignores_zero = masks, header.compression == _PLAIN
        self._mode, pixel = _RAW[header.bits]
        self._size = header.width, abs(header.height)
        layout = (self._mode, -(-header.width * pixel // 4) * 4, 1 if header.height < 0 else -1)
        self.tile = [_Tile("raw", (0, 0, *self._size), header.offset, layout)]

    def _open_plain(self, header: _Header) -> None:
        """Let Pillow read a BMP without masks."""
        try:
            super()._open()
        except OSError as error:
            kind = next((kind for said, kind in _UNSUPPORTED.items() if said in str(error)), None)
            if kind is None:
                raise
            raise _unsupported(kind.format_map(header._asdict())) from error

    def load_end(self) -> None:
        """Take the channels out of the pixels' bytes."""
        if self._masks is not None:
            count = 4 if self._masks[3] else 3
            channels = [_channel(self.split(), mask) for mask in self._masks[:count]]
            if self._ignores_zero and channels[-1].getextrema() == (0, 0):
                count = 3
            merged = Image.merge("RGBA"[:count], channels[:count])
            self.im, self._mode, self._masks = merged.im, merged.mode, None


def register() -> None:
    """Open BMPs with this class from now on."""
    Image.register_open(Bmp.format, Bmp, Image.OPEN[Bmp.format][1])


def _masks(header: _Header, data: bytes) -> Masks | None:
    """Return the bits of red, green, blue and alpha; None if there are no masks."""
    if header.bits not in _RAW or header.length < _OLD or header.length == _OS2:
        return None
    if header.width <= 0 or header.height == 0:
        return None
    red, green, blue, alpha = struct.unpack_from("<4I", data.ljust(_MASKS_AT + 16, b"\0"), _MASKS_AT)
    if header.compression == _PLAIN and header.bits == 32 and header.length >= _V4:
        return (*_PLAIN_COLOURS, alpha)
    if header.compression not in (_MASKED, _MASKED_WITH_ALPHA):
        return None
    has_alpha = header.length >= _WITH_ALPHA or header.compression == _MASKED_WITH_ALPHA
    return (red, green, blue, alpha if has_alpha else 0) if red | green | blue else None


def _usable(mask: int) -> bool:
    """Whether the bits of a mask adjoin, or there are none."""
    filled = mask | mask - 1 if mask else 0
    return filled & filled + 1 == 0


def _channel(pixel: tuple[Image.Image, ...], mask: int) -> Image.Image:
    """Return the bits of a mask, scaled to 0 to 255; `pixel` holds the bytes of a pixel, the lowest first."""
    if mask == 0:
        return Image.new("L", pixel[0].size)
    used = min(mask.bit_count(), _BITS)
    at, shift = divmod(mask.bit_length() - used, 8)
    top = (1 << used) - 1
    value = pixel[at].point([byte >> shift & top for byte in range(256)])
    if shift + used > 8:
        higher = pixel[at + 1].point([byte << 8 - shift & top for byte in range(256)])
        value = ImageChops.add(value, higher)
    return value.point([round(min(number, top) * 255 / top) for number in range(256)])


def _unsupported(kind: str) -> ImageError:
    return ImageError(
        ImageErrorCode.CORRUPT_IMAGE, f"The image is a BMP with {kind}, which is not supported."
    )
