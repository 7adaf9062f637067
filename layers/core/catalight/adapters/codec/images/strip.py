"""Remove metadata from encoded images without encoding them again: the compressed pixels stay as they are.

There is one writer for each format; it returns None for a file that it cannot parse. `exif` replaces the
source's EXIF; `profiled` says whether the colour profile is needed.
"""

import zlib
from collections.abc import Callable, Iterator

from catalight.adapters.codec.images.formats import gif
from catalight.adapters.codec.jpeg import scans
from catalight.adapters.codec.jpeg.header import segment
from catalight.domain.image.formats import ImageFormat

type Chunk = tuple[bytes, bytes]

_SOI, _EOI, _SOS, _COM = 0xD8, 0xD9, 0xDA, 0xFE
_APP0, _APP1, _APP2, _APP14, _APP15 = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF
_JFIF_LENGTH = 14  # without its thumbnail

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"cICP"}
)

_WEBP_KEPT = frozenset({b"VP8X", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L"})
_WEBP_PROFILE, _WEBP_EXIF, _WEBP_XMP = 0x20, 0x08, 0x04

_GIF_LOOPS = (b"\x0bNETSCAPE2.0", b"\x0bANIMEXTS1.0")

_AVIF_BOXES = [b"ftyp", b"meta", b"mdat"]
_AVIF_METADATA = (b"Exif", b"mime", b"uuid", b"uri ")


def stripped(output: ImageFormat, data: bytes, exif: bytes, *, profiled: bool) -> bytes | None:
    """Remove metadata, comments, thumbnails and trailing bytes; return None if `data` cannot be parsed."""
    writers: dict[ImageFormat, Callable[[bytes, bytes, bool], bytes | None]] = {
        ImageFormat.JPEG: _jpeg,
        ImageFormat.PNG: _png,
        ImageFormat.WEBP: _webp,
        ImageFormat.GIF: _gif,
        ImageFormat.AVIF: _avif,
    }
    return writers[output](data, exif, profiled)


def _jpeg(data: bytes, exif: bytes, profiled: bool) -> bytes | None:
    pieces, at, search_from, coding = [b"\xff\xd8"], 2, 2, False
    pending_exif = segment(_APP1, exif) if exif else b""
    while found := scans.MARKER.search(data, search_from):
        kind, start = found[1][0], found.end()
        if coding:
            pieces.append(data[at : found.start()].rstrip(b"\xff"))  # without fill bytes
        if kind == _EOI:
            return b"".join([*pieces, b"\xff\xd9"])
        at = start + int.from_bytes(data[start : start + 2])
        if kind == _SOI or at < start + 2:
            return None
        kept = _jpeg_kept(kind, data[start + 2 : at], profiled)
        if kind != _APP0:  # JFIF comes first
            pieces.append(pending_exif)
            pending_exif = b""
        if kept is not None:
            pieces.append(segment(kind, kept))
        coding = kind == _SOS
        search_from = scans.after_coded(data, at) if coding else at
    return None


def _jpeg_kept(kind: int, content: bytes, profiled: bool) -> bytes | None:
    """Return the part of a segment to keep: what decoders need, including for colours; None to drop it."""
    if kind == _APP0 and content.startswith(b"JFIF\0"):
        return content[: _JFIF_LENGTH - 2] + b"\0\0"
    if kind == _APP2 and content.startswith(b"ICC_PROFILE\0"):
        return content if profiled else None
    if kind == _APP14 and content.startswith(b"Adobe"):
        return content
    return None if _APP0 <= kind <= _APP15 or kind == _COM else content


def _png(data: bytes, exif: bytes, profiled: bool) -> bytes | None:
    kept = _PNG_KEPT | {b"iCCP"} if profiled else _PNG_KEPT
    pieces, at = [_PNG_SIGNATURE], len(_PNG_SIGNATURE)
    pending_exif = _png_chunk(b"eXIf", exif.removeprefix(b"Exif\0\0")) if exif else b""
    while at + 12 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        end = at + 12 + size
        if kind == b"IDAT":
            pieces.append(pending_exif)
            pending_exif = b""
        if kind in kept:
            pieces.append(data[at:end])
        elif kind[:1].isupper():
            return None
        at = end
        if kind == b"IEND":
            return b"".join(pieces)
    return None


def _png_chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4) + kind + content + zlib.crc32(kind + content).to_bytes(4)


def _webp(data: bytes, exif: bytes, profiled: bool) -> bytes | None:
    kept = _WEBP_KEPT | {b"ICCP"} if profiled else _WEBP_KEPT
    chunks = [chunk for chunk in _riff_chunks(data) if chunk[0] in kept]
    if not chunks:
        return None
    kind, content = chunks[0]
    if kind == b"VP8X":
        dropped = _WEBP_EXIF | _WEBP_XMP | (0 if profiled else _WEBP_PROFILE)
        flags = content[0] & ~dropped | (_WEBP_EXIF if exif else 0)
        chunks[0] = (kind, bytes([flags]) + content[1:])
        if exif:
            chunks.append((b"EXIF", exif.removeprefix(b"Exif\0\0")))
    body = b"WEBP" + b"".join(map(_riff_chunk, chunks))
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _riff_chunks(data: bytes) -> Iterator[Chunk]:
    at, end = 12, min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    while at + 8 <= end:
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        yield data[at : at + 4], data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _riff_chunk(chunk: Chunk) -> bytes:
    kind, content = chunk
    return kind + len(content).to_bytes(4, "little") + content + b"\0" * (len(content) % 2)


def _gif(data: bytes, _exif: bytes, _profiled: bool) -> bytes | None:
    at = 13 + gif.colour_table_bytes(data[10])
    pieces, control = [data[:at]], b""
    while at < len(data):
        start, kind, label = at, data[at : at + 1], data[at + 1 : at + 2]
        if kind == b";":
            return b"".join([*pieces, b";"])
        if kind == b"," and start + 10 < len(data):
            at = gif.after_sub_blocks(data, start + 11 + gif.colour_table_bytes(data[start + 9]))
            pieces += [control, data[start:at]]
            control = b""
        elif kind == b"!":
            at = gif.after_sub_blocks(data, start + 2)
            if label == b"\xf9":  # how the next image is shown
                control = data[start:at]
            elif label == b"\xff" and data[start + 2 :].startswith(_GIF_LOOPS):
                pieces.append(data[start:at])
        else:
            return None
    return None


def _avif(data: bytes, _exif: bytes, _profiled: bool) -> bytes | None:
    """Return it unchanged if it has no metadata; removing an item would change the offsets of all others."""
    boxes, at = [], 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4])
        boxes.append((data[at + 4 : at + 8], data[at : at + size]))
        if size < 8:
            return None
        at += size
    if at != len(data) or [kind for kind, _ in boxes] != _AVIF_BOXES:
        return None
    return None if any(name in boxes[1][1] for name in _AVIF_METADATA) else data
