"""Ways from a JPEG to a smaller JPEG, by quality."""

from collections.abc import Callable
from ctypes import byref, c_size_t, c_ubyte
from io import BytesIO

from PIL import Image

from catalight.adapters.codec import native
from catalight.adapters.codec.compress import compress
from catalight.adapters.codec.jpeg import coefficients, look, write
from catalight.adapters.codec.jpeg.header import Header
from catalight.adapters.codec.jpeg.turn import TURNS
from catalight.domain.image.formats import Target
from catalight.domain.image.rendition import Rendition

type Way = Callable[[bytes, int], bytes]


def catalight(data: bytes, quality: int) -> bytes:
    return compress(data, Rendition(quality, Target.JPEG)).data


def catalight_at(data: bytes, nominal: float, price: float) -> bytes:
    """Compress with the tables of a nominal quality and a price of a bit."""
    of_quality = look.of_quality
    look.of_quality = lambda _: look.at(nominal, price)  # type: ignore[assignment]
    try:
        return catalight(data, 1)
    finally:
        look.of_quality = of_quality


def plain_requantising(data: bytes, quality: int) -> bytes:
    """The requantising alone: Pillow's tables, the nearest levels, one sequential scan; nothing is checked.

    The fast path must support the source.
    """
    library, header = native.library(), Header(data)
    first = header.scan(len(write.SOI))
    assert library
    assert first
    luma, chroma = look.of_pillow(quality)
    own = [header.steps[component.steps] for component in header.components]
    steps = [
        bytes(map(max, before, asked)) for before, asked in zip(own, (luma, chroma, chroma), strict=False)
    ]
    with coefficients.planes(library, header, first, coefficients.image(header, steps), TURNS[1]) as made:
        assert made
        library.search(byref(made), 0, 0)
        library.choose_scans(byref(made))
        made.progressive = 0
        out = bytearray(2 * len(data) + 4096)
        length = library.encode(byref(made), byref(c_ubyte.from_buffer(out)), c_size_t(len(out)))
    return write.framed(header, steps, memoryview(out)[:length], progressive=False)


def plain_pillow(data: bytes, quality: int, *, optimize: bool = False) -> bytes:
    """The obvious code."""
    output = BytesIO()
    Image.open(BytesIO(data)).convert("RGB").save(output, "JPEG", quality=quality, optimize=optimize)
    return output.getvalue()


def optimised_pillow(data: bytes, quality: int) -> bytes:
    return plain_pillow(data, quality, optimize=True)


def mozjpeg(data: bytes, quality: int) -> bytes:
    """The settings of sharp's `mozjpeg: true`, in the libvips that sharp uses too."""
    import pyvips

    made: bytes = pyvips.Image.new_from_buffer(data, "").write_to_buffer(
        ".jpg",
        Q=quality,
        keep="none",
        interlace=True,
        optimize_coding=True,
        trellis_quant=True,
        overshoot_deringing=True,
        optimize_scans=True,
        quant_table=3,
    )
    return made


def jpegli(data: bytes, quality: int) -> bytes:
    import pyjpegli

    image = Image.open(BytesIO(data)).convert("RGB")
    made: bytes = pyjpegli.encode(image.tobytes(), *image.size, quality=quality)
    return made


REFERENCE = catalight
WAYS: dict[str, Way] = {
    "Pillow": optimised_pillow,
    "Catalight": catalight,
    "mozjpeg": mozjpeg,
    "jpegli": jpegli,
}
