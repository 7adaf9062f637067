"""Where the URLs of an image cell stand in it, and the cell with others in their places.

Separators, pairs of brackets and quotes, and the markup around URLs stay. A cell that would then not give the
new URLs, without a repair, when it is read again becomes a plain list of them.
"""

import html
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from catalight.domain.catalogue.invisible import INVISIBLE
from catalight.domain.catalogue.sources import sources
from catalight.domain.catalogue.url_repair import CLOSERS, TRAILING, Repair

# WooCommerce splits a cell at commas alone, and takes an empty part for an image without a name:
# https://github.com/woocommerce/woocommerce/blob/trunk/plugins/woocommerce/includes/import/class-wc-product-csv-importer.php
SEPARATOR = ", "
_ESCAPE = re.compile(
    rf"(?:\\u[0-9a-f]{{4}})+|\\[/\"\\]|&(?:amp;)*(?:#[0-9]{{1,6}}|#x[0-9a-f]{{1,5}}|[a-z]{{1,8}});|[{INVISIBLE}]+",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"https?:", re.IGNORECASE)
# What `url_repair` takes for a scheme: misspelt, twice, with other signs, or without its name.
_SCHEME_AS_WRITTEN = re.compile(
    r"(?:(?<!\w)[htpsｈｔｐｓ]{3,6}(?:[:：;]+[\s/／\\]*|[/／\\]{2,}\s*))+\Z|(?:(?<!\w)[:：])?[/／\\]*\Z",
    re.IGNORECASE,
)
# A new URL beside which one of these is needed has a remainder of the old one.
_REMAINS = frozenset({Repair.SLASHES, Repair.SCHEME, Repair.SCHEME_ADDED, Repair.TRIMMED})
_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"), ("<", ">"), ("«", "»"), ("‹", "›"))
_SIGNS = frozenset("".join(CLOSERS.values()) + TRAILING)
_ALIKE = str.maketrans("“”„‘’‚", "\"\"\"'''")

type Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Place:
    """One image of a cell: the URL that is fetched, what is written there, and the text that replaces it.

    If `new` is None, it stays; if it is empty, it goes.
    """

    url: str
    written: str
    new: str | None


def exchanged(cell: str, places: Sequence[Place]) -> str:
    """Return a cell with the new URLs in their places, which are in the order of the cell.

    Read again, it gives the new URLs, and those that stay, in the same order. With a URL that goes, the
    separator beside it goes too, because shops take what stands between two separators for an image. A cell
    in which nothing stays is empty.
    """
    if all(place.new is None for place in places):
        return cell
    left = [place for place in places if place.new != ""]
    if not left:
        return ""
    for spans in _candidates(cell, places):
        text = _filled(cell, spans, places) if spans else None
        if text is not None and _reads_as(text, left):
            return text
    return SEPARATOR.join(place.new or place.written for place in left)


def _reads_as(text: str, places: Sequence[Place]) -> bool:
    """Return whether a cell gives these images, and new URLs as they are."""
    found = sources(text)
    return [source.url for source in found] == [place.new or place.url for place in places] and not any(
        place.new and _REMAINS.intersection(source.notes) for source, place in zip(found, places, strict=True)
    )


def _candidates(cell: str, places: Sequence[Place]) -> Iterator[list[tuple[Span, Place]]]:
    """Yield the ways to find the places, the one that changes the least first."""
    for find in (_urls_alone, _as_written, _everywhere):
        yield find(cell, [place.written for place in places], places)
    text, origins = _unescaped(cell)
    texts = [_unescaped(place.written)[0] for place in places]
    for find in (_urls_alone, _as_written, _everywhere):
        found = find(text, texts, places)
        yield [((origins[start], origins[end]), place) for (start, end), place in found]


def _filled(cell: str, spans: Sequence[tuple[Span, Place]], places: Sequence[Place]) -> str | None:
    """Return the cell with the new texts, or None if something other than a separator would have to go."""
    starts = [start for (start, _), _ in spans]
    ends = [end for (_, end), _ in spans]
    gaps = [cell[end:start] for end, start in zip(ends, starts[1:], strict=False)]
    around = [cell[: starts[0]], *gaps, cell[ends[-1] :]]
    goes = any(place.new == "" for place in places)
    if goes and (any(map(str.isalnum, "".join(around))) or not all(map(_is_balanced, gaps))):
        return None
    text = ""
    for ((start, end), place), gap in zip(spans, ["", *gaps], strict=True):
        if place.new != "":
            text += (gap if text else "") + (cell[start:end] if place.new is None else place.new)
    return cell[: starts[0]] + text + cell[ends[-1] :]


def _is_balanced(gap: str) -> bool:
    """Return whether what stands between two URLs can go without half a pair of brackets or quotes."""
    quotes = gap.translate(_ALIKE)
    return all(gap.count(opener) == gap.count(closer) for opener, closer in _BRACKETS) and not any(
        quotes.count(quote) % 2 for quote in "\"'`*"
    )


def _as_written(text: str, written: Sequence[str], places: Sequence[Place]) -> list[tuple[Span, Place]]:
    """Find what is written for each place, one after the other; nothing if one is not there."""
    found = list[tuple[Span, Place]]()
    end = 0
    for wanted, place in zip(written, places, strict=True):
        start = text.find(wanted, end)
        if start < 0 or not wanted:
            return []
        end = start + len(wanted)
        found.append(((start, end), place))
    return found


def _urls_alone(text: str, written: Sequence[str], places: Sequence[Place]) -> list[tuple[Span, Place]]:
    """Find the same, without the label, and pairs of quotes and brackets, around a repaired URL."""
    found = list[tuple[Span, Place]]()
    for (start, end), place in _as_written(text, written, places):
        span = start, end
        for url in (place.url, _SCHEME.sub("", place.url, count=1), place.url.partition("//")[2]):
            if url and (inner := text.find(url, start, end)) >= 0:
                span = _widened(text, (start, end), (inner, inner + len(url)))
                break
        found.append((span, place))
    return found


def _widened(text: str, written: Span, url: Span) -> Span:
    """Return the span of a URL with what a repair changed or dropped: a scheme, and unpaired signs."""
    start, end = url
    if scheme := _SCHEME_AS_WRITTEN.search(text, written[0], start):
        start = scheme.start()
    while end < written[1] and text[end] in _SIGNS and not _is_pair(text, start, end):
        end += 1
    while start > written[0] and text[start - 1] in CLOSERS and not _is_pair(text, start, end):
        start -= 1
    return start, end


def _is_pair(text: str, start: int, end: int) -> bool:
    """Return whether a quote or bracket opens right before `start` and closes right after `end`."""
    return start > 0 and end < len(text) and text[end] in CLOSERS.get(text[start - 1], "")


def _everywhere(text: str, written: Sequence[str], places: Sequence[Place]) -> list[tuple[Span, Place]]:
    """Find what is written for the places wherever it is: in HTML, the image and the link around it."""
    if not all(written) or any(place.new == "" for place in places):
        return []
    of_text = dict(zip(reversed(written), reversed(places), strict=True))
    longest_first = sorted(of_text, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, longest_first)))
    return [(match.span(), of_text[match[0]]) for match in pattern.finditer(text)]


def _unescaped(cell: str) -> tuple[str, Sequence[int]]:
    r"""Return a cell without escapes as in JSON (`\/`) and HTML (`&amp;`), and where its characters are."""
    characters = list[str]()
    origins = list[int]()
    end = 0
    for escape in _ESCAPE.finditer(cell):
        characters += cell[end : escape.start()]
        origins += range(end, escape.start())
        meant = _meant(escape[0])
        characters += meant
        origins += [escape.start()] * len(meant)
        end = escape.end()
    characters += cell[end:]
    origins += range(end, len(cell) + 1)
    return "".join(characters), origins


def _meant(escape: str) -> str:
    if escape.startswith("\\"):
        with suppress(ValueError):
            return str(json.loads(f'"{escape}"'))
        return escape
    if escape.startswith("&"):
        return html.unescape(html.unescape(escape))
    return ""
