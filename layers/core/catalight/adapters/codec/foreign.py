"""Name files that are not images in a supported format, by how they begin. Their own text is never quoted."""

import re

_HEAD = 4_096  # bytes that are looked at
_AV1_BRANDS = frozenset({b"avif", b"avis"})
_MEDIA = {  # ISO/IEC 14496-12: by the first three letters of the brands in the ftyp box
    b"hei": "a HEIC image",
    b"hev": "a HEIC image",
    b"mif": "a HEIF image",
    b"msf": "a HEIF image",
    b"jp2": "a JPEG 2000 image",
    b"jxl": "a JPEG XL image",
    b"crx": "a raw photograph",
}
_SIGNATURES = (
    (rb"....JXL |\xff\x0a", "a JPEG XL image"),
    (rb"....jP  |\xff\x4f\xff\x51", "a JPEG 2000 image"),
    (rb"II\xbc\x01", "a JPEG XR image"),
    (rb"II\*\x00....CR|FUJIFILMCCD-RAW|IIU\x00|II?RO|MMOR", "a raw photograph"),
    (rb"8BPS", "a Photoshop document (PSD)"),
    (rb"%!PS|\xc5\xd0\xd3\xc6", "a PostScript document (EPS)"),
    (rb"\s*%PDF", "a PDF"),
    (rb"\x00\x00[\x01\x02]\x00[\x01-\xff]|icns", "an icon"),
    (rb"\x00\x00[\x02\x0a]\x00\x00\x00\x00\x00", "a TGA image"),
    (rb"P[1-7f][\s#]", "a Netpbm image"),
    (rb"\x0a[\x00-\x05]\x01[\x01\x02\x04\x08]", "a PCX image"),
    (rb"\xd7\xcd\xc6\x9a|\x01\x00\x09\x00\x00\x03|\x01\x00\x00\x00.{36} EMF", "a Windows metafile"),
    (rb"DDS |qoif|#\?(?:RADIANCE|RGBE)|v/1\x01|gimp xcf|AT&TFORM", "an image in another format"),
    (rb"PK(?:\x03\x04|\x05\x06|\x07\x08)", "a ZIP archive or an office document"),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1|\{\\rtf", "an office document"),
    (rb"Rar!\x1a\x07|7z\xbc\xaf\x27\x1c|.{257}ustar", "an archive"),
    (rb"\x1f\x8b|BZh[1-9]|\xfd7zXZ\x00|\x28\xb5\x2f\xfd", "a compressed file"),
    (rb"RIFF....AVI |\x1a\x45\xdf\xa3|FLV\x01|\x00\x00\x01[\xb3\xba]|\x30\x26\xb2\x75|G.{187}G", "a video"),
    (rb"RIFF....WAVE|ID3|OggS|fLaC|\xff[\xf2\xf3\xfa\xfb]", "a sound file"),
    (rb"RIFF(?!....WEBP)", "a RIFF file"),
    (rb"wOF[F2]|\x00\x01\x00\x00\x00.\x00|OTTO\x00", "a font"),
    (rb"MZ|\x7fELF|SQLite format 3\x00", "a program or a database"),
)
_SIGNATURE = [(re.compile(pattern, re.DOTALL), name) for pattern, name in _SIGNATURES]
_PAGE = frozenset(b"html head body title meta link script style div p h1 center iframe br b table".split())
_ELEMENT = re.compile(rb"<([a-z_][\w:.-]*)")
_ADDRESS = re.compile(rb"(?:https?:)?//\S+\s*$")
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def named(data: bytes) -> str:
    """Say what a file is."""
    if not data:
        return "the file is empty"
    return f"this is {by_signature(data) or _text(data[:_HEAD]) or 'a file of an unknown kind'}"


def by_signature(data: bytes) -> str | None:
    """Name a binary file; None if it is not known, or in a supported format."""
    if data[4:8] == b"ftyp":
        return _media(data)
    return next((name for pattern, name in _SIGNATURE if pattern.match(data[:_HEAD])), None)


def _media(data: bytes) -> str | None:
    end = min(int.from_bytes(data[:4]), _HEAD, len(data) - 3)
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, end, 4))]
    if not _AV1_BRANDS.isdisjoint(brands):
        return None
    return next((name for start, name in _MEDIA.items() for brand in brands if brand[:3] == start), "a video")


def _text(head: bytes) -> str | None:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16
        head = head[2:].replace(b"\0", b"")
    text = head.removeprefix(b"\xef\xbb\xbf").strip().lower()
    if not text:
        return "nothing but white space"
    if _BINARY.search(text):
        return None
    if text.startswith(b"<"):
        return _document(text)
    if text.startswith((b"{", b"[")):
        return "a JSON document"
    if text.startswith(b"data:image/"):
        return "an image written as a data URL"
    return "a URL" if _ADDRESS.match(text) else "a text"


def _document(text: bytes) -> str:
    """Name a document by its first element."""
    element = found[1] if (found := _ELEMENT.search(text)) else b""
    if element.removeprefix(b"svg:") == b"svg":
        return "an SVG image"
    return "a web page" if element in _PAGE or b"<!doctype html" in text else "an XML document"
