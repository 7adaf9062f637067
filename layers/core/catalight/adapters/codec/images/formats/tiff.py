"""Open more kinds of grey TIFFs than Pillow does."""

from typing import Any

from PIL import Image, TiffImagePlugin
from PIL.TiffImagePlugin import TiffImageFile

from catalight.domain.errors import ImageError, ImageErrorCode

_PHOTOMETRIC, _BITS, _SAMPLE_FORMAT, _PLANAR = 262, 258, 339, 284
_IN_PLANES, _SIGNED = 2, 2
# (bits, sample format): Pillow's modes for little-endian and big-endian files, which it lacks for some files
_GREYS = {
    (12, 1): (("I;16", "I;12"), ("I;16", "I;12")),
    (16, 1): (("I;16", "I;16"), ("I;16B", "I;16B")),
    (16, 2): (("I", "I;16S"), ("I", "I;16BS")),
    (32, 1): (("I", "I;32N"), ("I", "I;32B")),
    (32, 2): (("I", "I;32S"), ("I", "I;32BS")),
    (32, 3): (("F", "F;32F"), ("F", "F;32BF")),
}
# libtiff, which reads compressed pixels, has put their bytes into the machine's order already
_IN_NATIVE_ORDER = {"I;16BS": "I;16NS", "I;32B": "I;32N", "I;32BS": "I;32NS", "F;32BF": "F;32NF"}


class Tiff(TiffImageFile):
    """A TIFF whose values are read in the right byte order."""

    def _setup(self) -> None:
        super()._setup()
        bits, formats = self.tag_v2.get(_BITS, (1,)), self.tag_v2.get(_SAMPLE_FORMAT, (1,))
        if self.tag_v2.get(_PLANAR) == _IN_PLANES and max(bits) > 8 and not self.use_load_libtiff:
            raise _unsupported("an uncompressed TIFF of 16 bits in separate planes")  # Pillow reads 8 of them
        if max(bits) == 8 and _SIGNED in formats:
            raise _unsupported("a TIFF of signed 8-bit values")  # Pillow takes them for unsigned
        if self.use_load_libtiff:
            self.tile = [tile._replace(args=_native(tile.args)) for tile in self.tile]


def _unsupported(kind: str) -> ImageError:
    return ImageError(ImageErrorCode.CORRUPT_IMAGE, f"The image is {kind}, which is not supported.")


def register() -> None:
    """Open TIFFs with this class from now on."""
    for (bits, kind), modes in _GREYS.items():
        for order, mode in zip((b"II", b"MM"), modes, strict=True):
            for photometric in (0, 1):
                TiffImagePlugin.OPEN_INFO.setdefault((order, photometric, (kind,), 1, (bits,), ()), mode)
    Image.register_open(Tiff.format, Tiff, TiffImagePlugin._accept)


def white_is_zero(image: Image.Image) -> bool:
    """Whether the smallest value is white, which Pillow respects up to 8 bits only."""
    return isinstance(image, TiffImageFile) and image.tag_v2.get(_PHOTOMETRIC) == 0


def bits(image: Image.Image, otherwise: int) -> int:
    """Return the bits of a value in a TIFF, otherwise those given."""
    found = image.tag_v2.get(_BITS, (otherwise,)) if isinstance(image, TiffImageFile) else (otherwise,)
    return int(found[0])


def signed(image: Image.Image) -> bool:
    """Whether values are signed integers."""
    return isinstance(image, TiffImageFile) and image.tag_v2.get(_SAMPLE_FORMAT, (1,))[0] == 2


def _native(args: Any) -> Any:
    return (_IN_NATIVE_ORDER.get(args[0], args[0]), *args[1:])
