"""The codec: sizes, orientations and other metadata."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.Image import Transpose
from PIL.PngImagePlugin import PngInfo

from catalight.adapters.codec.compress import compress
from catalight.domain.image.formats import Target
from catalight.domain.image.rendition import Rendition
from tests.corpora.samples import corner, encode
from tests.unit.adapters.codec.coding import RED, photograph, recoded
from tests.unit.adapters.codec.looking import difference, opened

# Sizes


@pytest.mark.parametrize(
    ("size", "max_width", "max_height", "expected"),
    [
        ((400, 200), None, None, (400, 200)),
        ((400, 200), 100, None, (100, 50)),
        ((400, 200), None, 100, (200, 100)),
        ((400, 200), 100, 10, (20, 10)),
        ((400, 200), 1000, 1000, (400, 200)),  # never enlarged
        ((400, 200), 400, 200, (400, 200)),
        ((333, 100), 100, None, (100, 30)),
        ((1000, 2), 10, None, (10, 1)),  # at least one pixel
        ((2, 1000), None, 1, (1, 1)),
    ],
)
@pytest.mark.parametrize("source", ["JPEG", "PNG"])
def test_the_output_fits_into_the_maximum_size(
    source: str,
    size: tuple[int, int],
    max_width: int | None,
    max_height: int | None,
    expected: tuple[int, int],
) -> None:
    data = encode(Image.new("RGB", size), source)
    result = compress(data, Rendition(max_width=max_width, max_height=max_height))
    assert (result.width, result.height) == opened(result.data).size == expected
    assert (result.source.width, result.source.height) == size


@pytest.mark.parametrize("width", [300, 160, 100, 40, 33])
def test_a_shrunk_jpeg_looks_like_a_plain_resize(width: int) -> None:
    """Decoding at a reduced scale is faster and must give the same image."""
    small = recoded(photograph(), Rendition(format=Target.PNG, max_width=width))
    plain = opened(photograph()).resize(small.size, Image.Resampling.BICUBIC)
    assert difference(small, plain) < 2


def test_transparent_edges_do_not_darken_when_shrunk() -> None:
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    image.paste((*RED, 255), (0, 0, 31, 64))
    shrunk = recoded(encode(image), Rendition(format=Target.PNG, max_width=16))
    pixels = {shrunk.getpixel((x, 8)) for x in range(16)}
    assert all(pixel[:3] == RED for pixel in pixels if isinstance(pixel, tuple) and pixel[3])


# Orientation and other metadata

STORED = {  # how an upright image is stored with each EXIF orientation
    1: None,
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_90,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_270,
}


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize(
    ("source", "settings"),
    [
        ("JPEG", {"quality": 95}),
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("AVIF", {"quality": 100}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
    ],
)
def test_images_are_set_upright(source: str, settings: dict[str, object], orientation: int) -> None:
    turn = STORED[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(corner().transpose(turn) if turn is not None else corner(), source, exif=exif, **settings)
    for max_width in (40, 20):
        result = compress(data, Rendition(format=Target.PNG, max_width=max_width))
        image = opened(result.data)
        assert (result.source.width, result.source.height) == (40, 20)
        assert image.size == (max_width, max_width // 2)
        assert difference(image, corner().resize(image.size)) < 8


XMP = b"""<?xpacket?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
xmlns:tiff="http://ns.adobe.com/tiff/1.0/" %s</rdf:RDF></x:xmpmeta>"""
XMP_ORIENTATIONS = [
    b'tiff:Orientation="%d"/>',
    b"><tiff:Orientation>%d</tiff:Orientation></rdf:Description>",
]


@pytest.mark.parametrize("dots", [None, 96.0], ids=["no exif", "other exif"])
@pytest.mark.parametrize("written", XMP_ORIENTATIONS, ids=["attribute", "element"])
@pytest.mark.parametrize("source", ["JPEG", "MPO", "PNG", "WEBP", "AVIF", "TIFF"])
@given(orientation=st.integers(1, 9))
def test_xmp_does_not_turn_an_image(
    source: str, written: bytes, dots: float | None, orientation: int
) -> None:
    """Browsers, libvips and ImageMagick follow EXIF alone."""
    exif = Image.Exif()
    if dots:
        exif.update({0x0128: 2, 0x011A: dots, 0x011B: dots})  # resolution unit, and dots per unit
    xmp = XMP % (written % orientation)
    text = PngInfo()
    text.add_itxt("XML:com.adobe.xmp", xmp.decode())
    stored: dict[str, dict[str, object]] = {"PNG": {"pnginfo": text}, "TIFF": {"tiffinfo": {700: xmp}}}
    extra = stored.get(source, {"xmp": xmp})
    data = encode(corner(), source, **({"exif": exif} if dots and source != "TIFF" else {}), **extra)
    assert b"tiff:Orientation" in data
    assert difference(recoded(data), corner()) < 8


def test_xmp_after_the_pixels_does_not_turn_a_png() -> None:
    text = PngInfo()
    text.add_itxt("XML:com.adobe.xmp", (XMP % b'tiff:Orientation="6"/>').decode())
    data = encode(corner(), pnginfo=text)
    at = data.index(b"iTXt") - 4
    chunk = data[at : at + 12 + int.from_bytes(data[at : at + 4])]
    moved = data.replace(chunk, b"").replace(b"\0\0\0\0IEND", chunk + b"\0\0\0\0IEND")
    assert recoded(moved).tobytes() == corner().tobytes()


def test_exif_turns_an_image_whatever_xmp_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    for orientation in (1, 3, 8):
        data = encode(corner(), "JPEG", exif=exif, xmp=XMP % (XMP_ORIENTATIONS[0] % orientation))
        assert recoded(data).size == (20, 40)


@pytest.mark.parametrize("exif", [b"Exif\0\0", b"Exif\0\0junk" * 9, b"Exif\0\0II*\0\xff\xff\xff\xff"])
@pytest.mark.parametrize("source", ["JPEG", "PNG", "WEBP"])
def test_broken_exif_is_ignored(source: str, exif: bytes) -> None:
    assert recoded(encode(corner(), source, exif=exif)).size == (40, 20)


@pytest.mark.parametrize("target", Target)
@pytest.mark.parametrize("source", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_metadata_is_dropped(source: str, target: Target) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRET maker"
    exif.get_ifd(0x8825)[1] = "SECRET place"
    text = PngInfo()
    text.add_text("Comment", "SECRET text")
    extra: dict[str, object] = {"pnginfo": text} if source == "PNG" else {"xmp": b"SECRET xmp"}
    if source == "JPEG":
        extra["comment"] = b"SECRET comment"
    data = encode(corner(), source, exif=exif, **extra)
    assert b"SECRET" in data
    result = compress(data, Rendition(format=target)).data
    assert b"SECRET" not in result
    assert not opened(result).getexif()
