"""The image URLs of a cell: split them, and check whether they can be fetched."""

import re
import unicodedata
from urllib.parse import urlsplit

from catalight.domain.catalogue.invisible import INVISIBLE, bare

MAX_URL_CHARACTERS = 2_048

# URLs contain commas, semicolons and bars, so these split only before something that cannot continue a URL.
# A line break always splits. Other white space splits only before a URL, so "not a url" stays one bad URL.
_SEPARATOR = re.compile(
    r"[,;|\s](?:(?<=[\r\n])|(?=https?://|//[^\W_])|(?<=[,;|])(?=[\s,;|]|\Z))",
    re.IGNORECASE,
)
_INVISIBLE_RUN = rf"(?<![{INVISIBLE}])[{INVISIBLE}]++"
_INVISIBLE_AT_EDGE = re.compile(rf"(?<![^\s,;|])[{INVISIBLE}]++|{_INVISIBLE_RUN}(?=[\s,;|]|\Z)")
_INVISIBLE_BEFORE_URL = re.compile(rf"{_INVISIBLE_RUN}(?=https?://)", re.IGNORECASE)
# These belong to the spelling of some languages, but do not stand next to ASCII there.
_JOINER = "[\u200c\u200d]"
_INVISIBLE_INSIDE = re.compile(
    rf"(?!{_JOINER})[{INVISIBLE}]|(?<![^\x00-\x7f]){_JOINER}|{_JOINER}(?![^\x00-\x7f])"
)
_SURROGATE = re.compile("[\ud800-\udfff]")  # alone: no encoding has it
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_URL_BEGINS = re.compile(r"https?://|(?<![^\s,;|])(?://|www\.)[^\W_]", re.IGNORECASE)
_SPACE_OR_CONTROL = re.compile(r"[\s\x00-\x1f\x7f-\x9f]")
# The host of a plain URL is the group. Of ASCII, it has only letters, digits, dots and hyphens.
_PLAIN_URL = re.compile(
    r"https?://(?!(?i:https?)(?:[/?#]|\Z))([^\s\x00-/:-@\[-`{-\x9f][^\s\x00-,/:-@\[-`{-\x9f]*+)"
    r"(?:[/?#][^\s\x00-\x1f\x7f-\x9f]*+)?"
)
_NO_HOST = re.compile(r"[/?#@:]|\.\.")  # what a host must not become: parts of a URL, or the dots of "…"
# Named by the ASCII that a host does not have: a range up to U+10FFFF takes 3 ms to compile.
_HOST = re.compile(r"[.:_-]*[^\x00-/:-`{-\x7f][^\x00-,/;-^`{-\x7f]*")


def split(cell: str) -> list[str]:
    """Return the non-empty texts between the separators of `cell`, in order and stripped."""
    if not cell.isascii():
        cell = _INVISIBLE_BEFORE_URL.sub(" ", _INVISIBLE_AT_EDGE.sub("", cell))
    return [part for piece in _SEPARATOR.split(cell) if (part := bare(piece))]


def visible(text: str) -> str:
    """Return `text` without the characters that `fault` calls invisible."""
    return text if text.isascii() else _INVISIBLE_INSIDE.sub("", text)


def encodable(text: str) -> str:
    r"""Return `text` with lone surrogates, which JSON can hold, as JSON escapes them: `\ud83d`."""
    if text.isascii():
        return text
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def holds_url(text: str) -> bool:
    """Return whether an http or https URL begins anywhere in `text`, also one without its scheme."""
    return ("//" in text or "www." in text) and _URL_BEGINS.search(text) is not None


def fault(url: str) -> str | None:
    """Return why `url` cannot be fetched, as the end of a sentence, or None if it can."""
    if len(url) > MAX_URL_CHARACTERS:
        return f"it has {len(url):,} characters; at most {MAX_URL_CHARACTERS:,} are allowed"
    invisible = None if url.isascii() else _INVISIBLE_INSIDE.search(url)
    if invisible:
        name = unicodedata.name(invisible[0], "a format character")
        return f"it contains an invisible character, U+{ord(invisible[0]):04X} ({name})"
    if not url.isascii() and (half := _SURROGATE.search(url)):
        return f"it contains half of a character, U+{ord(half[0]):04X}"
    plain = _PLAIN_URL.fullmatch(url)  # nearly every URL is, and this takes a tenth of the time
    if plain and (url.isascii() or not _NO_HOST.search(unicodedata.normalize("NFKC", plain[1]))):
        return None
    if not _SCHEME.match(url):
        return "it does not begin with http:// or https://"
    if _SPACE_OR_CONTROL.search(url):
        return "it contains white space or a control character"
    return _authority_fault(url)


def _authority_fault(url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:  # unbalanced brackets, a malformed IPv6 address, characters that normalise to "/"
        return "its host is not valid"
    if "@" in parts.netloc:
        return "it contains a user name or a password"
    hostname = parts.hostname
    if not hostname:
        return "it has no host"
    if hostname in {"http", "https"}:
        return "it begins with http:// or https:// twice"
    is_shortened = "…" in hostname  # as a spreadsheet shows a long link
    if is_shortened or not _HOST.fullmatch(hostname):
        return "its host is not valid"
    try:
        valid_port = parts.port != 0
    except ValueError:
        valid_port = False
    return None if valid_port else "its port is not a number from 1 to 65535"
