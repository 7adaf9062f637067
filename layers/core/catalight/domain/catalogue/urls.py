"""The image URLs of a cell: split them, check whether they can be fetched, and shorten them for messages."""

import re
from urllib.parse import urlsplit

MAX_URL_CHARACTERS = 2_048
MAX_SHOWN_CHARACTERS = 80

# URLs contain commas, semicolons and bars, so these split only before something that cannot continue a URL.
# A line break always splits. Other white space splits only before a URL, so "not a url" stays one bad URL.
_SEPARATOR = re.compile(
    r"[,;|\s](?:(?<=[\r\n])|(?=https?://)|(?<=[,;|])(?=[\s,;|]|\Z))",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_ANY_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_SPACE_OR_CONTROL = re.compile(r"[\s\x00-\x1f\x7f-\x9f]")
_PLAIN_URL = re.compile(r"https?://[a-zA-Z0-9][a-zA-Z0-9.-]*+(?:[/?#][^\s\x00-\x1f\x7f-\x9f]*+)?")
_HOST = re.compile(r"[.:_-]*[a-z0-9\x80-\U0010ffff][a-z0-9.:_\x80-\U0010ffff-]*")


def split(cell: str) -> list[str]:
    """Return the non-empty texts between the separators of `cell`, in order and stripped."""
    return [part for piece in _SEPARATOR.split(cell) if (part := piece.strip())]


def fault(url: str) -> str | None:
    """Return why `url` cannot be fetched, as the end of a sentence, or None if it can."""
    if len(url) > MAX_URL_CHARACTERS:
        return f"it has {len(url):,} characters; at most {MAX_URL_CHARACTERS:,} are allowed"
    if _PLAIN_URL.fullmatch(url):  # true for nearly every URL, in a tenth of the time
        return None
    if not _SCHEME.match(url):
        return "it does not begin with http:// or https://"
    if _SPACE_OR_CONTROL.search(url):
        return "it contains white space or a control character"
    return _authority_fault(url)


def shown(text: str) -> str:
    """Return `text` as a message may show it: without credentials, and at most 80 characters long."""
    _, at, rest = text.rpartition("@")
    if at:
        scheme = _ANY_SCHEME.match(text)
        text = f"{scheme[0] if scheme else ''}…@{rest}"
    return text if len(text) <= MAX_SHOWN_CHARACTERS else text[: MAX_SHOWN_CHARACTERS - 1] + "…"


def _authority_fault(url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:  # unbalanced brackets, a malformed IPv6 address, characters that normalise to "/"
        return "its host is not valid"
    if "@" in parts.netloc:
        return "it contains a user name or a password"
    if not parts.hostname:
        return "it has no host"
    if not _HOST.fullmatch(parts.hostname):
        return "its host is not valid"
    try:
        valid_port = parts.port != 0
    except ValueError:
        valid_port = False
    return None if valid_port else "its port is not a number from 1 to 65535"
