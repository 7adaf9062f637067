"""Read EXIF without XMP. Pillow takes an orientation from XMP if EXIF has none; browsers do not."""

from PIL import Image


def read(image: Image.Image) -> Image.Exif:
    """Return the EXIF of an opened image; raise one of PILLOW_ERRORS if it is broken.

    Pillow adds a TIFF's own tags, and an AVIF's own rotation, which browsers apply.
    """
    ignore_xmp(image)
    content = image.info.get("exif")
    if content is None:
        return image.getexif()
    exif = Image.Exif()  # not getexif(), which may have been called before
    exif.load(content)
    return exif


def ignore_xmp(image: Image.Image) -> None:
    """Remove XMP from an opened image: before it is loaded, because Pillow rotates a TIFF as it loads it."""
    for name in ("xmp", "XML:com.adobe.xmp"):
        image.info.pop(name, None)
