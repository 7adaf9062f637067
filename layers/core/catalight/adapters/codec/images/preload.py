"""What Pillow and Python load when they first need it, when a codec process can open no file any more."""

import encodings.ascii
import encodings.latin_1
import linecache
import tokenize
from io import BytesIO

from PIL import Image, ImageColor, ImageFilter, MpoImagePlugin

from catalight.adapters.codec import native

_SIDE = 64  # pixels
_LATER = (encodings, linecache, tokenize, ImageColor, ImageFilter, MpoImagePlugin)


def sample() -> bytes:
    """Load what importing this module has not loaded; return a small JPEG."""
    Image.preinit()
    native.library()
    file = BytesIO()
    Image.new("RGB", (_SIDE, _SIDE), "red").save(file, "JPEG")
    return file.getvalue()
