"""The texts of a cell that are URLs, where they stand in JSON, HTML, Markdown, formulas, quotes or lists."""

import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from catalight.domain.catalogue.invisible import bare
from catalight.domain.catalogue.url_repair import Repair, decoded_markup, ends_as_image, with_scheme
from catalight.domain.catalogue.urls import fault, split

_URL_KEYS = ("url", "src", "href", "image_url", "imageUrl", "image", "link", "original", "images", "urls")
_MAX_DEPTH = 5
MAX_PIECES = 1_000  # more than a row may have: what comes after is not looked at
_MAX_TAGS = 4 * MAX_PIECES

_FORMULA = re.compile(
    r"'?=\s*(?:_xlfn\.)?(?:IMAGE|HYPERLINK)\s*\(\s*[\"“]+\s*([^\"“”]+?)\s*[\"”]+\s*(?:[;,].*)?\)",
    re.IGNORECASE | re.DOTALL,
)

_TAG = re.compile(r"<(/?[a-z][a-z0-9-]*)\b([^<>]*)>", re.IGNORECASE)
_ADDRESS = re.compile(
    r"""(?<![\w-])(?:data-)?(src|href)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""", re.IGNORECASE
)
_BREAK = re.compile(r"<br\s*/?\s*>", re.IGNORECASE)
_TEXT_TAG = re.compile(
    r"</?(?:p|div|li|ul|ol|span|td|tr|table|tbody|b|i|u|strong|em|font|center|html|body)\b[^<>]*>",
    re.IGNORECASE,
)

_LINKED_IMAGE = re.compile(r"\[(!\[[^\[\]]*+\]\([^()\s]*+\))\]\([^()\s]*+\)")
_IN_PARENTHESES = re.compile(
    r"""\(\s*<?((?:https?:)?//[^\s()<>]*+(?:\([^\s()<>]*+\)[^\s()<>]*+)*+)>?(?:\s+"[^"\n]{0,200}")?\s*\)""",
    re.IGNORECASE,
)
_IN_QUOTES = re.compile(
    r""""([^"]*)"|'([^']*)'|“([^“”]*)”|„([^„“”]*)[“”]|«([^«»]*)»"""
    r"""|<((?:https?:)?//[^<>\s]*+)>|\[((?:https?:)?//[^\[\]\s]*+)\]""",
    re.IGNORECASE,
)
_BETWEEN_QUOTED = re.compile(r"[\s,;|\[\](){}]*|\s*array\s*\(\s*")
_BETWEEN_NAMED = re.compile(r"[\s,;|]+(?!\s)[^\r\n]*|[\s,;|]*!?\[.*", re.DOTALL)
_NOTHING = re.compile(r"[\s,;|.]*")
_BRACKETS = {"[": "]", "(": ")", "{": "}"}

# Signs that stand between URLs, but may also be part of one, so they count only right before a scheme.
_SEPARATORS = re.compile(r"(?<![/=?&:~])(?:[~，；、>]|\|\|)\s*(?=https?://)", re.IGNORECASE)
_BEFORE_WWW = (re.compile(r"[,;|\s](?=www\.[^\W_])", re.IGNORECASE),)
_BETWEEN_HOSTS = (*_BEFORE_WWW, re.compile(r"[,;|\s]+"))
_LABEL_AT_END = re.compile(
    r"(?:\A|(?<=[\s,;|]))[^\s.,;|/?#@:=<>\"][^.,;|/?#@:=<>\"]{0,40}[:=→–—-]+\Z|(?:\A|\s)(?:[0-9]{1,3}[.):]|[-–—•*·])\Z"
)
_LABEL_LOOK = 64


@dataclass(frozen=True, slots=True)
class Piece:
    """A text that stands for one URL, and what was done to find it."""

    text: str
    notes: tuple[Repair, ...] = ()


def is_suspect(cell: str, parts: list[str]) -> bool:
    """Return whether a cell whose parts can all be fetched may still be meant otherwise."""
    return "<" in cell or (cell.count("://") > len(parts) and _SEPARATORS.search(cell) is not None)


def pieces(cell: str) -> list[Piece]:
    """Return the first MAX_PIECES texts of a cell that are meant as URLs, in order."""
    text = bare(cell)
    notes: tuple[Repair, ...] = ()
    if "&lt;" in text or "&quot;" in text:
        text, notes = bare(decoded_markup(text)), (Repair.DECODED,)
    for read in (_in_json, _in_formula, _in_html, _in_links, _in_quotes, _in_brackets):
        if (found := read(text)) is not None:
            return list(islice(_noted(found, (*notes, Repair.UNWRAPPED)), MAX_PIECES))
    return list(islice(_noted([text], notes), MAX_PIECES))


def _noted(texts: Iterable[str], notes: tuple[Repair, ...]) -> Iterator[Piece]:
    for text in texts:
        for piece in _separated(text):
            yield replace(piece, notes=notes + piece.notes)


def _in_json(text: str) -> list[str] | None:
    """Return the URLs of a JSON list, object or string, or of several in a row."""
    if text[:1] not in ("[", "{", '"'):
        return None
    for candidate in (text, f"[{text}]"):
        try:
            return _values(json.loads(candidate, parse_int=str, parse_float=str), _MAX_DEPTH)
        except (ValueError, RecursionError):
            continue
    return None


def _values(value: object, depth: int) -> list[str] | None:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict) and depth:
        key = next((key for key in _URL_KEYS if key in value), None)
        return None if key is None else _values(value[key], depth - 1)
    if not isinstance(value, list) or not depth:
        return None
    found: list[str] = []
    for item in value:
        texts = _values(item, depth - 1)
        if texts is None:
            return None
        found += texts
    return found


def _in_formula(text: str) -> list[str] | None:
    found = _FORMULA.fullmatch(text) if text[:2].strip("'").startswith("=") else None
    return [found[1]] if found else None


def _in_html(text: str) -> list[str] | None:
    """Return the addresses of the images in HTML, or if there are none, of the links."""
    if not 0 < text.count("<") <= _MAX_TAGS:
        return None
    images: list[str] = []
    links: list[str] = []
    for tag in _TAG.finditer(text):
        wanted = {"img": "src", "source": "src", "amp-img": "src", "a": "href"}.get(tag[1].lower())
        addresses = [
            html.unescape(found[2] or found[3] or found[4] or "")
            for found in _ADDRESS.finditer(tag[2])
            if found[1].lower() == wanted
        ]
        address = next((one for one in addresses if one and not one.startswith("data:")), None)
        if address:
            (links if wanted == "href" else images).append(address)
    found = images or links
    outside = _TAG.sub(" ", text)
    if found and ("://" not in outside or all(word in links for word in outside.split() if "://" in word)):
        return found
    return None


def _in_links(text: str) -> list[str] | None:
    """Return the URLs of Markdown, `[name](url)`, and of `name.jpg (url)`."""
    if "//" not in text or "(" not in text:
        return None
    text = _LINKED_IMAGE.sub(r"\1", text)
    found = list(islice(_IN_PARENTHESES.finditer(text), MAX_PIECES))
    gaps = _gaps(text, found)
    clear = all("://" not in gap and "www." not in gap for gap in gaps)
    if not found or not clear or not _NOTHING.fullmatch(gaps[-1]):
        return None
    return [one[1] for one in found] if all(map(_BETWEEN_NAMED.fullmatch, gaps[1:-1])) else None


def _in_quotes(text: str) -> list[str] | None:
    found = list(islice(_IN_QUOTES.finditer(text), MAX_PIECES + 1))
    if not 0 < len(found) <= MAX_PIECES or not all(map(_BETWEEN_QUOTED.fullmatch, _gaps(text, found))):
        return None
    values = [value for one in found if (value := bare("".join(filter(None, one.groups()))))]
    return values or None


def _gaps(text: str, found: list[re.Match[str]]) -> list[str]:
    ends = [0, *(one.end() for one in found)]
    return [
        text[end:start] for end, start in zip(ends, [*(one.start() for one in found), len(text)], strict=True)
    ]


def _in_brackets(text: str) -> list[str] | None:
    """Return what stands in brackets around a whole list."""
    inside = bare(text[1:-1]) if len(text) > 2 and _BRACKETS.get(text[0]) == text[-1] else ""
    return [inside] if inside and not set(inside) & set("[](){}") else None


def _separated(text: str) -> Iterator[Piece]:
    """Split at what separates URLs, also at signs that do so only before a scheme."""
    notes: tuple[Repair, ...] = ()
    if "<" in text:
        text, breaks = _BREAK.subn("\n", text)
        text, tags = _TEXT_TAG.subn("\n", text)
        notes = (Repair.SEPARATED,) * bool(breaks) + (Repair.UNWRAPPED,) * bool(tags)
    chunks = _SEPARATORS.split(text, maxsplit=MAX_PIECES)
    if len(chunks) > 1:
        notes = (*notes, Repair.SEPARATED)
    parts = [
        Piece(part, notes) for part in islice((part for chunk in chunks for part in split(chunk)), MAX_PIECES)
    ]
    for piece in _without_labels(parts):
        yield from _without_schemes(piece)


def _without_labels(parts: list[Piece]) -> Iterator[Piece]:
    """Drop labels that white space divides from their URL, as in `Front: https://…`."""
    labelled = False
    for piece, following in zip(parts, [*parts, Piece("")][1:], strict=True):
        notes = (*piece.notes, Repair.UNWRAPPED) if labelled else piece.notes
        labelled = False
        text = piece.text
        if following.text[:4].lower() == "http" and fault(text):
            label = _LABEL_AT_END.search(text, max(0, len(text) - _LABEL_LOOK))
            before = bare(text[: label.start()]) if label else text
            if label and (not before or ends_as_image(before)):
                text, labelled = before, True
                notes = (*notes, Repair.UNWRAPPED)
        if text:
            yield Piece(text, notes)


def _without_schemes(piece: Piece) -> Iterator[Piece]:
    """Split a list of URLs without schemes, which commas alone do not."""
    separators = () if not fault(piece.text) else _BEFORE_WWW if "://" in piece.text else _BETWEEN_HOSTS
    for separator in separators:
        found = [text for part in separator.split(piece.text, maxsplit=MAX_PIECES) if (text := bare(part))]
        if len(found) > 1 and all(with_scheme(text) != text or _is_image(text) for text in found):
            yield from (replace(piece, text=text) for text in found)
            return
    yield piece


def _is_image(text: str) -> bool:
    return fault(text) is None and ends_as_image(text)
