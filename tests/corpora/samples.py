"""Small images of every format, with and without transparency, metadata and compression."""

from functools import cache
from io import BytesIO

from PIL import Image, ImageCms

from local.hosts.images import draw


def encode(image: Image.Image, format: str = "PNG", **settings: object) -> bytes:  # noqa: A002
    """Return the encoded image."""
    file = BytesIO()
    image.save(file, format, **settings)
    return file.getvalue()


def corner() -> Image.Image:
    """Return a white image of 40 x 20 with a red top left corner, which shows how it was rotated."""
    image = Image.new("RGB", (40, 20), "white")
    image.paste("red", (0, 0, 10, 10))
    return image


def _profile() -> bytes:
    """Return a profile that changes colours: sRGB with red and green exchanged, without its timestamp."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    without_time = made[:24] + bytes(12) + made[36:]
    return without_time.replace(b"rXYZ", b"tmp ").replace(b"gXYZ", b"rXYZ").replace(b"tmp ", b"gXYZ")


@cache
def samples() -> list[bytes]:
    """Return all samples."""
    colours = corner()
    clear = colours.convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(clear.size))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8769)[0x9003] = "2020:01:01"
    modern = [
        encode(image, name, exif=exif)
        for name in ("PNG", "WEBP", "AVIF", "TIFF")
        for image in (colours, clear)
    ]
    jpegs = [
        encode(colours.convert(mode), "JPEG", exif=exif, progressive=mode == "L")
        for mode in ("RGB", "CMYK", "L")
    ]
    plain = [  # these take the fast path
        encode(colours, "JPEG", progressive=progressive, subsampling=resolution)
        for progressive in (False, True)
        for resolution in ("4:4:4", "4:2:2", "4:2:0")
    ]
    rotated = [  # the fast path rotates these
        encode(colours.resize((64, 32)), "JPEG", exif=exif, progressive=progressive)
        for progressive in (False, True)
    ]
    packed = [
        encode(colours, "TIFF", compression=name) for name in ("tiff_lzw", "tiff_adobe_deflate", "jpeg")
    ]
    animated = [
        encode(colours, name, save_all=True, append_images=[clear]) for name in ("GIF", "PNG", "WEBP", "AVIF")
    ]
    palettes = [encode(colours.quantize(4), name) for name in ("PNG", "GIF", "BMP", "TIFF")]
    profiled = [encode(colours, name, icc_profile=_profile()) for name in ("JPEG", "PNG", "WEBP")]
    drawn = draw(1, 320, 240)
    return [
        *profiled,
        *modern,
        *jpegs,
        *plain,
        *rotated,
        *packed,
        *animated,
        *palettes,
        encode(clear, "BMP"),
        drawn,
    ]
