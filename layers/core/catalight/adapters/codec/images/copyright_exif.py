"""Read artist and copyright, the only metadata of a source that is kept."""

from PIL import ExifTags, Image

from catalight.adapters.codec.images.pillow_errors import PILLOW_ERRORS

_TAGS = (ExifTags.Base.Artist, ExifTags.Base.Copyright)
_MAX_CHARACTERS = 1_000


def of(found: Image.Exif | None) -> bytes:
    """Return EXIF with the artist and copyright only; empty if there is neither."""
    if not found:
        return b""
    try:
        texts = {tag: _text(found.get(tag)) for tag in _TAGS}
    except PILLOW_ERRORS:
        return b""  # a broken EXIF block is no reason to refuse an image
    kept = Image.Exif()
    for tag, text in texts.items():
        if text:
            kept[tag] = text
    return kept.tobytes() if kept else b""


def _text(value: object) -> bytes:
    """Return the original bytes: Pillow decodes them as Latin-1, and cannot write text that is not ASCII."""
    text = value.strip("\0 ") if isinstance(value, str) else ""
    return text[:_MAX_CHARACTERS].encode("latin-1", "replace")
