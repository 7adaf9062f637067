"""Name the kinds of supported formats that Pillow cannot decode, so that they are not called damaged."""

from PIL import TiffImagePlugin

from catalight.adapters.codec.images.formats import cmyk_alpha, png_chunks, tiff_tags
from catalight.adapters.codec.images.formats.tiff_tags import values
from catalight.adapters.codec.jpeg import scans
from catalight.adapters.codec.jpeg.segments import SOI

_TIFF_COLOURS = {0: "grey", 1: "grey", 2: "RGB", 3: "palette", 5: "CMYK", 6: "YCbCr", 8: "Lab", 9: "Lab"}
_TIFF_CHANNELS = {2: 3, 5: 4, 6: 3, 8: 3, 9: 3}
_TIFF_NUMBERS = {2: "signed ", 3: "floating-point ", 5: "complex ", 6: "complex "}
_CMYK, _TRANSPARENT = 5, {1, 2}  # kinds of extra samples

_HIERARCHICAL = frozenset({0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF})
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_JPEG_CHANNELS = (1, 3, 4)


def named(data: bytes) -> str | None:
    """Name the kind of a source that Pillow cannot decode; None if it is not known to be of such a kind."""
    if data.startswith(SOI):
        return _jpeg(data)
    if data.startswith((b"II", b"MM")):
        return _tiff(data)
    # Apple's tools for iPhone apps put this chunk first, and leave out the header of the compressed data.
    is_apples = data.startswith(png_chunks.SIGNATURE) and data[12:16] == b"CgBI"
    return "Apple's own variant of PNG (CgBI)" if is_apples else None


def _jpeg(data: bytes) -> str | None:
    frame = next(((kind, at) for kind, at in scans.markers(data) if kind in _FRAMES), None)
    if frame is None or len(data) < frame[1] + 8:
        return None
    kind, at = frame
    bits, channels = data[at + 2], data[at + 7]
    if kind in _HIERARCHICAL:
        return "a hierarchical JPEG"
    if bits != 8:
        return f"a {bits}-bit JPEG"
    if int.from_bytes(data[at + 3 : at + 5]) == 0:
        return "a JPEG that has its height after its pixels (DNL)"
    return None if channels in _JPEG_CHANNELS else f"a JPEG with {channels} channels"


def _tiff(data: bytes) -> str | None:
    """Look up the image as Pillow does (TiffImageFile._setup)."""
    tags = tiff_tags.read(data)
    if tiff_tags.WIDTH not in tags:
        return None
    compression = values(tags, tiff_tags.COMPRESSION, 1)[0]
    if compression not in TiffImagePlugin.COMPRESSION_INFO:
        return f"a TIFF with compression {compression}"
    bits, extra = values(tags, tiff_tags.BITS, 1), values(tags, tiff_tags.EXTRA)
    samples = min(values(tags, tiff_tags.SAMPLES, 1)[0], TiffImagePlugin.MAX_SAMPLESPERPIXEL)
    bits = bits * samples if len(bits) == 1 else bits[:samples]
    numbers, photometric = values(tags, tiff_tags.FORMAT, 1), values(tags, tiff_tags.PHOTOMETRIC, 0)[0]
    kind = numbers[:1] if len(set(numbers)) == 1 else numbers
    fill_order = values(tags, tiff_tags.FILL_ORDER, 1)[0]
    known = (data[:2], photometric, kind, fill_order, bits, extra) in TiffImagePlugin.OPEN_INFO
    cmyk_alpha_lost = photometric == _CMYK and _TRANSPARENT & {*extra} and not cmyk_alpha.is_supported(tags)
    if known and not cmyk_alpha_lost:
        return None
    size = "-".join(map(str, bits if len(set(bits)) > 1 else bits[:1]))
    colours = _TIFF_COLOURS.get(photometric, f"photometric interpretation {photometric}")
    more = len(bits) - _TIFF_CHANNELS.get(photometric, 1)
    alpha = " with alpha" if _TRANSPARENT & {*extra} else f" with {more} more channels" if more > 0 else ""
    return f"a TIFF of {_TIFF_NUMBERS.get(numbers[0], '')}{size}-bit {colours}{alpha}"
