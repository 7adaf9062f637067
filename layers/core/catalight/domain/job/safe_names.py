"""Names of files that every system takes, made of any text."""

import re
import unicodedata

MAX_CHARACTERS = 80
MAX_BYTES = 240  # of the 255 of file systems: the rest is for a number that makes it unique and the extension
EMPTY = "image"
MAX_READ = 200  # characters of a text, because a cell may have megabytes
_OTHERS = re.compile(r"[^A-Za-z0-9_.-]+")
_DOTS = re.compile(r"\.{2,}")
# Names of devices: https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE | re.ASCII)
# Invisible letters and marks (Default_Ignorable_Code_Point in the Unicode Character Database).
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_GAP = "\0"
# Letters that Unicode does not decompose, as the transform Latin-ASCII of CLDR writes them.
_PAIRS = {"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "TH"}
_LATIN = str.maketrans(_PAIRS) | str.maketrans("øØłŁđĐðÐħĦı", "oOlLdDdDhHi")


def safe(text: str, *, unicode: bool) -> str:
    """Return `text` with letters, digits, `-`, `_` and single dots only; each run of others becomes `-`.

    Without `unicode`, letters and digits are ASCII; a letter with an accent loses it, and ß becomes ss. With
    `unicode` they are in the form NFKC. In contrast to NFC, that leaves no character that a system may later
    replace by a separator, a dot or a reserved name, as Windows does with full-width ones.
    """
    text = text[:MAX_READ]
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text) if unicode else _latin(text)
        gaps = "".join(_kept(character, unicode=unicode) for character in text)
        text = unicodedata.normalize("NFC", re.sub(f"{_GAP}+", "-", gaps))
    if text.isascii():
        text = _OTHERS.sub("-", text)
    return _DOTS.sub(".", text)


def _latin(text: str) -> str:
    return unicodedata.normalize("NFKD", text).translate(_LATIN)


def _kept(character: str, *, unicode: bool) -> str:
    """Return a character, nothing if it only changes others or the direction of text, or a gap."""
    if character.isascii():
        return _GAP if _OTHERS.match(character) else character
    kind = unicodedata.category(character)
    if kind == "Cf" or _INVISIBLE.match(character):
        return ""
    if not unicode:
        return "" if kind[0] == "M" else _GAP
    return character if kind[0] in "LN" or kind in ("Mn", "Mc") else _GAP


def bare(text: str) -> str:
    """Return safe text without the hyphens and dots at its ends, and without marks that mark no letter."""
    text = text.strip("-.")
    while text and unicodedata.category(text[0])[0] == "M":
        text = text[1:].lstrip("-.")
    return text


def fits(text: str) -> bool:
    """Return whether a name of safe characters is short enough."""
    return len(text) <= MAX_CHARACTERS and (text.isascii() or len(text.encode()) <= MAX_BYTES)


def segment(text: str) -> str:
    """Return safe text as one segment of a path. It is never empty, `.`, `..` or reserved."""
    text = bare(unicodedata.normalize("NFC", _DOTS.sub(".", text)))
    if _RESERVED.fullmatch(text):
        text = f"_{text}"
    text = text[:MAX_CHARACTERS]
    while not fits(text):
        text = text[:-1]
    return text.rstrip("-.") or EMPTY


def is_segment(text: str) -> bool:
    """Return whether `text` has only characters that a segment may have, and not too many."""
    return bool(text) and fits(text) and safe(text, unicode=True) == text
