"""Whose picture it is: all that is kept of a source's metadata."""

from PIL import ExifTags, Image

from catalight.adapters.codec.images.pillow_errors import PILLOW_ERRORS

_TAGS = (ExifTags.Base.Artist, ExifTags.Base.Copyright)
_MAX_CHARACTERS = 1_000


def read(source: Image.Image) -> bytes:
    """EXIF that holds the source's artist and copyright and nothing else; empty where it tells neither."""
    try:
        found = source.getexif()
        texts = {tag: _text(found.get(tag)) for tag in _TAGS}
    except PILLOW_ERRORS:
        return b""  # a broken EXIF block is no reason to refuse a picture
    kept = Image.Exif()
    for tag, text in texts.items():
        if text:
            kept[tag] = text
    return kept.tobytes() if kept else b""


def _text(value: object) -> bytes:
    """Bytes as they stood there: Pillow reads them as Latin-1, and cannot write what is not ASCII."""
    text = value.strip("\0 ") if isinstance(value, str) else ""
    return text[:_MAX_CHARACTERS].encode("latin-1", "replace")
