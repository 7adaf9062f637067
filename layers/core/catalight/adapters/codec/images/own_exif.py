"""Read EXIF without XMP. Pillow takes an orientation from XMP if EXIF has none; browsers do not."""

from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational

from catalight.adapters.codec.images.pillow_errors import PILLOW_ERRORS


def read(image: Image.Image) -> Image.Exif | None:
    """Return the EXIF of an opened image; None if it is broken, which is no reason to refuse an image.

    Pillow adds a TIFF's own tags, and an AVIF's own rotation, which browsers apply.
    """
    ignore_xmp(image)
    content = image.info.get("exif")
    try:
        # Of a JPEG not getexif(), which returns what it has read before, with the orientation of XMP.
        return image.getexif() if content is None else _loaded(content)
    except PILLOW_ERRORS:
        return None


def of_jpeg(content: bytes | None) -> Image.Exif | None:
    """Return the EXIF of a JPEG; None if Pillow, which looks up the resolution, might refuse the JPEG."""
    if content is None:
        return Image.Exif()
    try:
        exif = _loaded(content)
        resolution = exif.get(ExifTags.Base.XResolution)
        exif.get(ExifTags.Base.ResolutionUnit)
    except PILLOW_ERRORS:
        return None
    return exif if resolution is None or isinstance(resolution, IFDRational | int | float) else None


def _loaded(content: bytes) -> Image.Exif:
    exif = Image.Exif()
    exif.load(content)
    return exif


def ignore_xmp(image: Image.Image) -> None:
    """Remove XMP from an opened image: before it is loaded, because Pillow rotates a TIFF as it loads it."""
    for name in ("xmp", "XML:com.adobe.xmp"):
        image.info.pop(name, None)
