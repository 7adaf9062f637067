"""Recognise files that are not CSV, by their first bytes or by the first characters of their text."""

import re

from catalight.domain.errors import Problem

TEXT_EXAMINED = 4_096  # characters
_SAVE_AS = 'Open it in your spreadsheet program and save it as "CSV UTF-8".'
_SEND_CSV = "Send the CSV file that lists the image URLs."
_BINARY_TYPES = (
    (b"PK\x03\x04", "an Excel workbook (.xlsx) or another zip archive", _SAVE_AS),
    (b"PK\x05\x06", "an empty zip archive", _SEND_CSV),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls)", _SAVE_AS),
    (b"\x1f\x8b", "a gzip archive", "Unpack it and send the CSV file in it."),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "Unpack it and send the CSV file in it."),
    (b"Rar!\x1a\x07", "a RAR archive", "Unpack it and send the CSV file in it."),
    (b"%PDF-", "a PDF document", _SEND_CSV),
    (b"\x89PNG\r\n", "a PNG image", _SEND_CSV),
    (b"\xff\xd8\xff", "a JPEG image", _SEND_CSV),
    (b"GIF87a", "a GIF image", _SEND_CSV),
    (b"GIF89a", "a GIF image", _SEND_CSV),
    (b"RIFF", "a WebP image or another media file", _SEND_CSV),
)
_HTML_TAG = (
    r"<(?:!--(?s:.*?)-->\s*<)?(?:table|thead|tbody|tr|td|th|body|head|meta|style|script|div|span|form|center"
    r"|font|pre|h[1-6]|[uo]l|li|br|a|p)\b"
)
# Matched at the first character that is not white space. The first that matches counts.
_TEXT_TYPES = (
    (r"<(?s:.*)<(?:\w+:)?workbook\b", "an Excel workbook in XML", _SAVE_AS),
    (r"<(?:(?s:.*)<)?(?:!doctype\s+html|html)\b", "a web page or an HTML table", _SAVE_AS),
    (_HTML_TAG, "a web page or an HTML table", _SAVE_AS),
    (r"<[?!a-z]", "XML", _SEND_CSV),
    (r'\[\s*(?:[\[{"\]]|-?\d|(?:null|true|false)\b)|\{\s*["}]', "JSON", _SEND_CSV),
    (r"\{\\rtf", "an RTF document", _SEND_CSV),
    (r"mime-version:", "a web archive (MHTML)", _SAVE_AS),
)


def binary_file(data: bytes) -> Problem | None:
    """Return the problem of a file whose first bytes are those of another file type."""
    types = ((kind, advice) for magic, kind, advice in _BINARY_TYPES if data.startswith(magic))
    return _problem(next(types, None))


def text_file(text: str) -> Problem | None:
    """Return the problem of a text that begins like HTML, XML, JSON or the like.

    A CSV file may begin like that too, so call this only for a text that has no header.
    """
    start = text[:TEXT_EXAMINED].lstrip()
    types = (
        (kind, advice) for pattern, kind, advice in _TEXT_TYPES if re.match(pattern, start, re.IGNORECASE)
    )
    return _problem(next(types, None))


def _problem(found: tuple[str, str] | None) -> Problem | None:
    return Problem("not_a_csv", "The file is not CSV but {}. {}".format(*found)) if found else None
