"""Bicubic shrinking like Pillow's in a quarter of its time; what native/resample.c cannot do, Pillow does."""

from ctypes import POINTER, Structure, c_char_p, c_int64, c_void_p, cast, py_object, pythonapi

from PIL import Image

from catalight.adapters.codec import native

_LEAST_WIDTH = 4  # pixels, so that a row has 16 bytes
_PREMULTIPLIED = {"RGBA": "RGBa", "LA": "La"}  # else the colour of what is transparent would show at edges
_FOUR_BYTES = frozenset({"RGB", *_PREMULTIPLIED.values()})  # a pixel, as Pillow holds them

_address = pythonapi.PyCapsule_GetPointer
_address.argtypes, _address.restype = (py_object, c_char_p), c_void_p


class _ArrowArray(Structure):
    """https://arrow.apache.org/docs/format/CDataInterface.html, as far as it is read."""


_ArrowArray._fields_ = (
    ("length", c_int64),
    ("null_count", c_int64),
    ("offset", c_int64),
    ("n_buffers", c_int64),
    ("n_children", c_int64),
    ("buffers", POINTER(c_void_p)),
    ("children", POINTER(POINTER(_ArrowArray))),
)


def shrunk(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """An L, LA, RGB or RGBA picture in a size that is larger on neither side."""
    mode = image.mode
    if mode in _PREMULTIPLIED:
        return _shrunk(image.convert(_PREMULTIPLIED[mode]), size).convert(mode)
    return _shrunk(image, size)


def _shrunk(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return natively(image, size) or image.resize(size, Image.Resampling.BICUBIC)


def natively(image: Image.Image, size: tuple[int, int]) -> Image.Image | None:
    """Shrink a picture that has four bytes a pixel and lies in one piece; None where there is no such way."""
    library = native.library()
    if library is None or image.mode not in _FOUR_BYTES or image.width < _LEAST_WIDTH:
        return None
    made = Image.new(image.mode, size)
    try:
        source, output = _Pixels(image), _Pixels(made)
    except ValueError:  # in several pieces, for want of PILLOW_BLOCK_SIZE
        return None
    if not library.shrink(source.address, *image.size, output.address, *size):
        raise MemoryError("no memory to shrink")
    return made


class _Pixels:
    """The pixels of a picture of four bytes each, one after the other, at an `address` while this lives."""

    def __init__(self, image: Image.Image) -> None:
        _, self._capsule = image.__arrow_c_array__()
        array = cast(_address(self._capsule, b"arrow_array"), POINTER(_ArrowArray)).contents
        self.address = c_void_p(array.children[0].contents.buffers[1])
