"""The memory in which Pillow holds an image's pixels."""

from ctypes import POINTER, Structure, c_char_p, c_int64, c_void_p, cast, py_object, pythonapi

from PIL import Image

_address = pythonapi.PyCapsule_GetPointer
_address.argtypes, _address.restype = (py_object, c_char_p), c_void_p


class _ArrowArray(Structure):
    """The fields used here of https://arrow.apache.org/docs/format/CDataInterface.html."""


_ArrowArray._fields_ = (
    ("length", c_int64),
    ("null_count", c_int64),
    ("offset", c_int64),
    ("n_buffers", c_int64),
    ("n_children", c_int64),
    ("buffers", POINTER(c_void_p)),
    ("children", POINTER(POINTER(_ArrowArray))),
)


class Pixels:
    """Contiguous pixels of 4 bytes each; `address` is valid as long as this object lives.

    Raises ValueError if they are not contiguous, because PILLOW_BLOCK_SIZE is not large enough.
    """

    def __init__(self, image: Image.Image) -> None:
        _, self._capsule = image.__arrow_c_array__()
        array = cast(_address(self._capsule, b"arrow_array"), POINTER(_ArrowArray)).contents
        self.address = c_void_p(array.children[0].contents.buffers[1])
