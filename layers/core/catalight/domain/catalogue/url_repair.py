"""One image URL as people write it: mend what can mean only one URL, and say what was done.

Each step changes a text only if that leaves one reading. What is still not a URL afterwards is not guessed.
"""

import html
import re
from collections.abc import Callable
from enum import StrEnum

from catalight.domain.catalogue.invisible import bare
from catalight.domain.catalogue.urls import MAX_URL_CHARACTERS, fault, visible

MAX_REPAIRED_CHARACTERS = 2 * MAX_URL_CHARACTERS  # a longer text is no URL
MAX_LABEL_CHARACTERS = 60


class Repair(StrEnum):
    """What was done to a text to get a URL from it; the codes stand in Notes and `/rows`."""

    UNWRAPPED = "URL_UNWRAPPED"
    SEPARATED = "URL_SEPARATED"
    DECODED = "URL_ENTITIES_DECODED"
    INVISIBLE = "URL_INVISIBLE_REMOVED"
    SLASHES = "URL_SLASHES_REPAIRED"
    SCHEME = "URL_SCHEME_REPAIRED"
    SCHEME_ADDED = "URL_SCHEME_ADDED"
    SPACES = "URL_SPACES_ESCAPED"
    TRIMMED = "URL_TRIMMED"
    DOWNLOAD = "URL_DOWNLOAD"
    LINK = "URL_LINKED"


_EXTENSION = r"(?:jpe?g|jpe|jfif|png|gif|webp|avif|bmp|tiff?|heic|heif|svg)"
_IMAGE = rf"\.{_EXTENSION}"
_IMAGE_AT_END = re.compile(rf"{_IMAGE}\Z", re.IGNORECASE)
_IMAGE_THEN_QUERY = re.compile(rf"{_IMAGE}(?:[?#]\S*)?\Z", re.IGNORECASE)
_BEGINS = re.compile(r"https?://", re.IGNORECASE)

_REFERENCE = re.compile(r"&(?:amp|quot|apos|lt|gt|nbsp|#[0-9]{1,6}|#x[0-9a-f]{1,5});", re.IGNORECASE)

CLOSERS = {
    '"': '"“”',
    "“": '”“"',
    "”": '”"',
    "„": '“”"',
    "'": "'’",
    "‘": "’'",
    "’": "’'",
    "‚": "‘’'",
    "«": "»",
    "»": "«",
    "‹": "›",
    "›": "‹",
    "`": "`'",
    "<": ">",
    "(": ")",
    "[": "]",
    "{": "}",
    "*": "*",
}
_OPENED = re.compile(rf"[\s{re.escape(''.join(CLOSERS))}]+")
_URL_IN_TEXT = re.compile(r"https?:[/\\]|www\.[^\W_]", re.IGNORECASE)
_LABEL = re.compile(r"""[^/?#@\\<>"&]*[:=)\].\-–—→•·*#>：＝]\s*|\s*""")
_NO_LABEL = re.compile(
    r"(?:.*[\s:])?(?:https?|blob|data|file|filesystem|ftps?|s3|gs|javascript|mailto):\s*", re.I
)

_FULL_WIDTH_SCHEME = re.compile(r"[hｈ][tｔ]{2}[pｐ][sｓ]?[:：][/／]{2}", re.IGNORECASE)
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SURROGATE = re.compile(r"\\ud[89a-f][0-9a-f]{2}", re.IGNORECASE)  # an escape of JSON, of half a character

_MISSPELT = {
    **dict.fromkeys(("htps", "htpps", "hhttps", "htttps", "httpss", "ttps", "httsp", "hptts"), "https"),
    **dict.fromkeys(("htp", "htpp", "hhttp", "htttp", "ttp", "hptt"), "http"),
}
_SCHEME_MISSPELT = re.compile(rf"({'|'.join(_MISSPELT)})(?=://)", re.IGNORECASE)
_SCHEMES = re.compile(r"(?:(https?)(?:[:;]+[\s/]*|/{2,}\s*)){1,4}", re.IGNORECASE)
_LABELS = r"(?:[\w-]+\.)+"
_HOST_ENDS = r"(?::[0-9]+)?(?=[/?#]|\Z)"
_CLEAR_HOST = re.compile(
    rf"(?:{_LABELS}(?!{_EXTENSION}\b)[^\W\d_][\w-]+|[0-9]+(?:\.[0-9]+){{3}}|localhost|\[[0-9a-f:.]+\]){_HOST_ENDS}",
    re.IGNORECASE,
)
# A name without a scheme is a host only under a domain that shops have: "photos.old/a.jpg" is a folder.
_HOST_AND_IMAGE = re.compile(
    rf"{_LABELS}(?:[a-z]{{2}}|com|net|org|info|biz|shop|store|cloud|app|dev)(?::[0-9]+)?/[^\s,;|]*",
    re.IGNORECASE,
)

TRAILING = ".,;:'\"’”“»>)]}，。；、"
_OPENER = {")": "(", "]": "[", "}": "{"}


def decoded(text: str) -> str:
    """Decode HTML's references if each "&" begins one, because only then the text was written as HTML."""
    for _ in range(2):  # some shops escape twice
        if "&" not in text or text.count("&") != len(_REFERENCE.findall(text)):
            break
        text = bare(html.unescape(text))
    return text


def decoded_markup(text: str) -> str:
    """Decode HTML's references where tags or quotes were escaped."""
    return _REFERENCE.sub(lambda found: html.unescape(found[0]), text)


def trimmed(text: str) -> str:
    """Drop the punctuation of a sentence after an image's extension; brackets only if they are unbalanced."""
    end = len(text)
    while end and (last := text[end - 1]) in TRAILING:
        if (opener := _OPENER.get(last)) and text.count(opener, 0, end) >= text.count(last, 0, end):
            break
        end -= 1
    return text[:end] if end < len(text) and _IMAGE_AT_END.search(text, max(0, end - 6), end) else text


def with_scheme(text: str) -> str:
    """Return a URL without its scheme as https, if it clearly begins with a host."""
    bare_host = text.removeprefix(":").removeprefix("//")
    protocol_relative = bare_host != text and _CLEAR_HOST.match(bare_host)
    www = text[:4].lower() == "www." and _CLEAR_HOST.match(text)
    named = _HOST_AND_IMAGE.fullmatch(text) and _IMAGE_THEN_QUERY.search(text)
    return f"https://{bare_host}" if protocol_relative or www or named else text


def ends_as_image(text: str) -> bool:
    """Return whether `text` ends with an image's extension, or with one and a query."""
    return _IMAGE_THEN_QUERY.search(text) is not None


def _unwrapped(text: str) -> str:
    """Drop quotes, brackets and a label, such as `Front:`, around a URL."""
    text = _without_quotes(text)
    found = _URL_IN_TEXT.search(text, 0, MAX_LABEL_CHARACTERS + 8)
    if found and found.start():
        label = text[: found.start()]
        if _LABEL.fullmatch(label) and not _NO_LABEL.fullmatch(label):
            return _without_quotes(text[found.start() :])
        if label.rstrip()[-1:] in CLOSERS and _LABEL.fullmatch(label.rstrip()[:-1]):  # Front: "https://…"
            return _without_quotes(text[len(label.rstrip()) - 1 :])
    return text


def _without_quotes(text: str) -> str:
    opened = _OPENED.match(text)
    if not opened:
        return text
    text = text[opened.end() :].rstrip()
    if text[-2:-1] in CLOSERS.values():
        text = text.rstrip(".,;")
    for opener in reversed("".join(opened[0].split())):
        if text and text[-1] in CLOSERS[opener]:
            text = text[:-1].rstrip()
    return text


def _slashed(text: str) -> str:
    """Turn full-width signs, and backslashes before a query, into those of a URL; not in a Windows path."""
    wide = _FULL_WIDTH_SCHEME.match(text)
    if wide and not wide[0].isascii():
        text = text.translate(_FULL_WIDTH)
    if "\\" not in text or text.startswith("\\") or text[1:2] == ":" or _SURROGATE.search(text):
        return text
    if text.count("\\") == text.count("\\/"):  # as JSON escapes it
        return text.replace("\\/", "/")
    end = next((index for index, sign in enumerate(text) if sign in "?#"), len(text))
    return re.sub(r"\\+", "/", re.sub(r"^(\w+:)\\+", r"\1//", text[:end])) + text[end:]


def _with_one_scheme(text: str) -> str:
    """Mend a scheme that is misspelt, has the wrong slashes, or stands there twice: the last one counts."""
    if misspelt := _SCHEME_MISSPELT.match(text):
        text = _MISSPELT[misspelt[1].lower()] + text[misspelt.end() :]
    schemes = _SCHEMES.match(text)
    if schemes is None or schemes[0].lower() in ("http://", "https://"):
        return text
    rest = text[schemes.end() :]
    return f"{schemes[1].lower()}://{rest}" if _CLEAR_HOST.match(rest) else text


def _escaped(text: str) -> str:
    """Escape spaces if the text goes on to an image's extension, or within a query's values."""
    words = text.split(" ")
    host = _BEGINS.match(text)
    if len(words) == 1 or host is None or "/" not in words[0][host.end() :]:
        return text
    clear = ends_as_image(words[-1]) or ("?" in words[0] and "=" in words[-1])
    others = "?" not in words[0] and any("://" in word for word in words[1:])
    if not clear or others or any(_IMAGE_AT_END.search(word) for word in words[:-1]):
        return text
    return "%20".join(words)


_ALWAYS: tuple[tuple[Repair, Callable[[str], str]], ...] = (
    (Repair.DECODED, decoded),
    (Repair.TRIMMED, trimmed),
)
_STEPS: tuple[tuple[Repair, Callable[[str], str]], ...] = (
    (Repair.INVISIBLE, visible),
    (Repair.DECODED, decoded),
    (Repair.UNWRAPPED, _unwrapped),
    (Repair.SLASHES, _slashed),
    (Repair.SCHEME, _with_one_scheme),
    (Repair.SCHEME_ADDED, with_scheme),
    (Repair.TRIMMED, trimmed),
    (Repair.SPACES, _escaped),
)


def repair(text: str, reason: str | None) -> tuple[str, tuple[Repair, ...], str | None]:
    """Return the URL that `text` means, what was done to it, and why it cannot be fetched.

    `reason` is its `fault`. A text that cannot be mended is returned as it is. One that can be fetched loses
    only HTML's references and trailing punctuation.
    """
    if len(text) > MAX_REPAIRED_CHARACTERS:
        return text, (), reason
    if reason is None and "&" not in text and text[-1:] not in TRAILING:
        return text, (), None  # as nearly every URL: no step would change it
    url, done = text, []
    for code, step in _STEPS if reason else _ALWAYS:
        if (changed := step(url)) != url:
            url = changed
            done.append(code)
    if done and fault(url) is None and not (reason and _UNCLEAR.search(url)):
        return url, tuple(done), None
    return text, (), reason and _advice(text, reason)


# What belongs to no URL, or stands between two, in a text that was mended.
_UNCLEAR = re.compile(r"""[<>"“”\\\\]|['\])}*](?:%20|[^\w/])*https?://""")
_NOT_ON_THE_WEB = re.compile(r"file:|[a-z]:[\\/]|\\\\", re.IGNORECASE)
_CELL_REFERENCE = re.compile(r"=\s*\w+\(", re.IGNORECASE)


def _advice(text: str, reason: str) -> str:
    """Return the fault with what to do about it, if that is known."""
    if text[:5].lower() == "data:":
        return "it is the image itself, as a data: URL, instead of an address; write the image's address"
    if _NOT_ON_THE_WEB.match(text):
        return "it is a path on a computer; upload the image to a server and write its http(s) address"
    if _CELL_REFERENCE.match(text):
        return "it is a formula without a URL in quotes; write the URL itself"
    if _BEGINS.match(text) and "white space" in reason:
        return f"{reason}; write a space within a URL as %20, and put a comma and a space between URLs"
    if "does not begin" in reason and "://" not in text and ends_as_image(text):
        return f"{reason}, and its host is not clear; write the complete URL"
    return reason
