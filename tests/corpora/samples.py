"""Small pictures of every format, with and without transparency, metadata and compression."""

from functools import cache
from io import BytesIO

from PIL import Image, ImageCms

from local.hosts.images import draw


def encode(image: Image.Image, format: str = "PNG", **settings: object) -> bytes:  # noqa: A002
    """The picture as a file."""
    file = BytesIO()
    image.save(file, format, **settings)
    return file.getvalue()


def corner() -> Image.Image:
    """White, 40 x 20, with a red corner at the top left: shows how it was turned."""
    image = Image.new("RGB", (40, 20), "white")
    image.paste("red", (0, 0, 10, 10))
    return image


def _profile() -> bytes:
    """One that changes colours: sRGB with its red and green exchanged, and without the time it was made."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    timeless = made[:24] + bytes(12) + made[36:]
    return timeless.replace(b"rXYZ", b"tmp ").replace(b"gXYZ", b"rXYZ").replace(b"tmp ", b"gXYZ")


@cache
def samples() -> list[bytes]:
    """All of them."""
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
    plain = [  # which the quick way takes
        encode(colours, "JPEG", progressive=progressive, subsampling=resolution)
        for progressive in (False, True)
        for resolution in ("4:4:4", "4:2:2", "4:2:0")
    ]
    whole = [  # which it turns
        encode(colours.resize((64, 32)), "JPEG", exif=exif, progressive=progressive)
        for progressive in (False, True)
    ]
    packed = [
        encode(colours, "TIFF", compression=name) for name in ("tiff_lzw", "tiff_adobe_deflate", "jpeg")
    ]
    moving = [
        encode(colours, name, save_all=True, append_images=[clear]) for name in ("GIF", "PNG", "WEBP", "AVIF")
    ]
    palettes = [encode(colours.quantize(4), name) for name in ("PNG", "GIF", "BMP", "TIFF")]
    meant = [encode(colours, name, icc_profile=_profile()) for name in ("JPEG", "PNG", "WEBP")]
    drawn = draw(1, 320, 240)
    return [*meant, *modern, *jpegs, *plain, *whole, *packed, *moving, *palettes, encode(clear, "BMP"), drawn]
