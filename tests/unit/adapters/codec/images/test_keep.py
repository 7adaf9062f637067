"""An output is never larger than an acceptable source: its compressed data is kept instead."""

from collections.abc import Iterator

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from catalight.adapters.codec.compress import compress
from catalight.domain.image.formats import Target
from catalight.domain.image.rendition import Rendition
from local.hosts.images import draw
from tests.corpora.samples import encode
from tests.unit.adapters.codec.looking import difference, frames, opened, srgb, swapped

KEEP = Rendition(quality=90, format=Target.KEEP)
SECRET = b"SECRET"
EXTRA: dict[str, dict[str, object]] = {  # settings that leave little to compress
    "JPEG": {"quality": 20, "optimize": True},
    "PNG": {"compress_level": 9},
    "WEBP": {"quality": 10, "method": 6},
    "AVIF": {"quality": 10},
    "GIF": {},
}


def incompressible(name: str, **settings: object) -> bytes:
    """An image that no encoder makes smaller at quality 90."""
    return encode(opened(draw(1, 200, 150)), name, **EXTRA[name], **settings)


def secrets(name: str) -> dict[str, object]:
    """All kinds of metadata that the format supports, each with a secret."""
    exif = Image.Exif()
    exif[0x010F] = "SECRET maker"
    exif[0x8298] = "Müller GmbH".encode("latin-1")
    exif.get_ifd(0x8825)[1] = "SECRET place"
    if name == "GIF":
        return {"comment": SECRET}
    text = PngInfo()
    text.add_text("Comment", "SECRET text")
    text.add_itxt("XML:com.adobe.xmp", "SECRET xmp", zip=True)
    if name == "PNG":
        return {"exif": exif, "pnginfo": text}
    comment: dict[str, object] = {"comment": SECRET} if name == "JPEG" else {}
    return {"exif": exif, "xmp": b"SECRET xmp"} | comment


@pytest.mark.parametrize("name", EXTRA)
def test_a_source_that_would_grow_is_kept(name: str) -> None:
    data = incompressible(name)
    result = compress(data, KEEP)
    assert (result.kept, result.format.name) == (True, name)
    assert len(result.data) <= len(data)
    assert opened(result.data).tobytes() == opened(data).tobytes()


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_kept_source_loses_only_its_metadata(name: str) -> None:
    data = incompressible(name, **secrets(name)) + (b"SECRET end" if name != "WEBP" else b"")
    result = compress(data, KEEP)
    assert result.kept
    assert len(result.data) < len(data)
    assert SECRET in data
    assert SECRET not in result.data
    assert opened(result.data).tobytes() == opened(data).tobytes()
    assert compress(result.data, KEEP).data == result.data  # nothing is left to remove


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_a_kept_source_keeps_its_copyright(name: str) -> None:
    result = compress(incompressible(name, **secrets(name)), KEEP)
    assert result.kept
    assert dict(opened(result.data).getexif()) == {0x8298: "Müller GmbH"}


def test_a_kept_webp_has_no_flags_for_removed_chunks() -> None:
    flags = compress(incompressible("WEBP", **secrets("WEBP"), icc_profile=srgb()), KEEP).data[20]
    assert flags & 0x2C == 0x08  # EXIF for the copyright, but neither XMP nor a profile


@pytest.mark.parametrize("extra", [{"xmp": b"SECRET"}, {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0SECRET"}])
def test_an_avif_with_only_private_metadata_is_encoded_again(extra: dict[str, object]) -> None:
    result = compress(incompressible("AVIF", **extra), KEEP)
    assert (result.kept, SECRET in result.data) == (False, False)


def test_an_avif_with_metadata_is_encoded_again() -> None:
    """Removing one item from an AVIF file would move all the others."""
    result = compress(incompressible("AVIF", **secrets("AVIF")), KEEP)
    assert not result.kept
    assert SECRET not in result.data
    assert dict(opened(result.data).getexif()) == {0x8298: "Müller GmbH"}


@pytest.mark.parametrize("name", EXTRA)
def test_a_source_that_shrinks_is_not_kept(name: str) -> None:
    quality = {} if name in ("PNG", "GIF") else {"quality": 98}
    plain = {"compress_level": 0} if name == "PNG" else {}
    data = encode(opened(draw(1, 200, 150)), name, **quality, **plain)
    result = compress(data, Rendition(quality=30, format=Target.KEEP))
    assert result.kept is (name == "GIF")  # a GIF has no quality setting
    assert len(result.data) < len(data) or name == "GIF"


def oriented(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_rotated_source_is_not_kept(name: str) -> None:
    result = compress(incompressible(name, exif=oriented(6)), KEEP)
    assert not result.kept
    assert opened(result.data).size == (150, 200)


@pytest.mark.parametrize("name", EXTRA)
def test_a_source_that_is_too_large_or_of_another_format_is_not_kept(name: str) -> None:
    assert not compress(incompressible(name), Rendition(format=Target.KEEP, max_width=199)).kept
    others = [target for target in Target if target not in (Target.KEEP, Target.AUTO, name.lower())]
    assert not any(compress(incompressible(name), Rendition(format=target)).kept for target in others)


def test_a_source_in_the_requested_format_is_kept_too() -> None:
    assert compress(incompressible("JPEG"), Rendition(quality=90)).kept
    assert not compress(incompressible("JPEG"), Rendition(quality=5)).kept


def test_a_cmyk_jpeg_is_not_kept() -> None:
    data = encode(opened(draw(1, 200, 150)).convert("CMYK"), "JPEG", quality=5)
    result = compress(data, Rendition(quality=100, format=Target.KEEP))
    assert (result.kept, opened(result.data).mode) == (False, "RGB")


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_only_a_profile_other_than_srgb_is_kept(name: str) -> None:
    needed, idle = incompressible(name, icc_profile=swapped()), incompressible(name, icc_profile=srgb())
    assert opened(compress(needed, KEEP).data).info.get("icc_profile") == swapped()
    assert compress(needed, KEEP).kept
    assert "icc_profile" not in opened(compress(idle, KEEP).data).info
    assert compress(idle, KEEP).kept


def test_a_jpegs_thumbnail_is_removed() -> None:
    data = incompressible("JPEG")
    small = bytes([2, 1]) + SECRET
    at = data.index(b"JFIF\0")
    body = data[at : at + 12] + small
    data = data[: at - 2] + (len(body) + 2).to_bytes(2) + body + data[at + 14 :]
    result = compress(data, KEEP)
    assert result.kept
    assert SECRET not in result.data
    assert opened(result.data).tobytes() == opened(data).tobytes()


@pytest.mark.parametrize("settings", [{"progressive": True}, {"restart_marker_rows": 1}, {"subsampling": 0}])
def test_every_kind_of_jpeg_keeps_its_pixels(settings: dict[str, object]) -> None:
    """A progressive JPEG of this size is smaller as a baseline one; all keep their coefficients."""
    data = incompressible("JPEG", comment=SECRET, **settings)
    result = compress(data, Rendition(quality=100))
    assert result.kept != ("progressive" in settings)
    assert len(result.data) < len(data)
    assert SECRET not in result.data
    assert opened(result.data).tobytes() == opened(data).tobytes()


def test_an_animated_png_is_kept_as_its_first_frame() -> None:
    first = opened(incompressible("PNG"))
    data = encode(first, "PNG", save_all=True, append_images=[first.rotate(90)], compress_level=9)
    result = compress(data, KEEP)
    assert result.kept
    assert len(frames(result.data)) == 1
    assert difference(opened(result.data), first) == 0


def small_sources() -> Iterator[tuple[str, str, bytes]]:
    """Sources of every kind: a label, the format and the data."""
    image = opened(draw(2, 96, 72))
    for quality in (1, 5, 20, 40, 60, 80, 95):
        for name in ("JPEG", "WEBP", "AVIF"):
            yield f"{name} at {quality}", name, encode(image, name, quality=quality)
    for colours in (2, 16, 256):
        for name in ("PNG", "GIF"):
            yield f"{name} of {colours}", name, encode(image.quantize(colours), name)
    yield "PNG", "PNG", encode(image)


@pytest.mark.parametrize(("name", "data"), [pytest.param(*rest, id=what) for what, *rest in small_sources()])
@pytest.mark.parametrize("quality", [1, 50, 100])
def test_no_acceptable_source_grows(name: str, data: bytes, quality: int) -> None:
    for target in {Target.KEEP, Target.AUTO, *(target for target in Target if target == name.lower())}:
        assert len(compress(data, Rendition(quality=quality, format=target)).data) <= len(data)
