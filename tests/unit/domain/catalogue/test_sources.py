"""Image cells as people write them, and the sources that they mean."""

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from catalight.domain.catalogue import share_links
from catalight.domain.catalogue.sources import MAX_IMAGES_PER_ROW, Source, sources
from catalight.domain.catalogue.url_repair import Repair
from catalight.domain.catalogue.urls import fault, split

A, B, C = "https://c.shop.com/a.jpg", "https://c.shop.com/b.jpg", "https://c.shop.com/c.png"
UNWRAPPED, SEPARATED, DECODED, INVISIBLE = "UNWRAPPED", "SEPARATED", "DECODED", "INVISIBLE"
SLASHES, SCHEME, ADDED, SPACES, TRIMMED = "SLASHES", "SCHEME", "SCHEME_ADDED", "SPACES", "TRIMMED"

# (cell, sources as "URL" or "URL NOTES"), where what cannot be fetched is "?" and the end of its reason
CELLS = [
    # Unchanged: what can be fetched as it is written
    (A, [A]),
    ("http://a", ["http://a"]),
    ("HTTPS://C.shop.com/A.JPG", ["HTTPS://C.shop.com/A.JPG"]),
    (f"{A},{B}", [A, B]),
    (f"{A};{B}|{C}", [A, B, C]),
    (f"{A} {B}\n{C}", [A, B, C]),
    (f"{A}||{B}", [A, B]),
    ("https://x.com/w_400,h_300/a.jpg", ["https://x.com/w_400,h_300/a.jpg"]),
    ("https://x.com/ü.jpg", ["https://x.com/ü.jpg"]),
    ("https://x.com/a%20b.jpg", ["https://x.com/a%20b.jpg"]),
    ("https://x.com/a%20100%.jpg", ["https://x.com/a%20100%.jpg"]),
    ("https://x.com/~user/a.jpg", ["https://x.com/~user/a.jpg"]),
    ("https://x.com/a.jpg~thumb", ["https://x.com/a.jpg~thumb"]),
    ("https://x.com/a_(1).jpg", ["https://x.com/a_(1).jpg"]),
    ("https://x.com/(a.jpg)", ["https://x.com/(a.jpg)"]),
    ("https://x.com/a.jpg!small", ["https://x.com/a.jpg!small"]),
    ("https://x.com/it's.jpg", ["https://x.com/it's.jpg"]),
    ("https://x.com/a?b=c&copy=1&lt=2", ["https://x.com/a?b=c&copy=1&lt=2"]),
    ("https://x.com/a?b=1&amp;c=2&d=3", ["https://x.com/a?b=1&amp;c=2&d=3"]),
    ("https://x.com/a,b.jpg", ["https://x.com/a,b.jpg"]),
    ("https://x.com/，a.jpg", ["https://x.com/，a.jpg"]),
    ("https://proxy.com/?url=https://x.com/a.jpg", ["https://proxy.com/?url=https://x.com/a.jpg"]),
    ("https://proxy.com/https://x.com/a.jpg", ["https://proxy.com/https://x.com/a.jpg"]),
    ("https://proxy.com/~https://x.com/a.jpg", ["https://proxy.com/~https://x.com/a.jpg"]),
    ("https://x.com//key/a.jpg", ["https://x.com//key/a.jpg"]),
    ("https://x.com/logo@2x.png", ["https://x.com/logo@2x.png"]),
    ("https://x.com/a\\b.jpg", ["https://x.com/a\\b.jpg"]),
    ("https://x.com/\u0645\u06cc\u200c\u062e.jpg", ["https://x.com/\u0645\u06cc\u200c\u062e.jpg"]),
    ("", []),
    (" ,; \n", []),
    # Each URL in brackets of its own
    (f"<{A}> <{B}>", [f"{A} UNWRAPPED", f"{B} UNWRAPPED"]),
    (f"<{A}>,<{B}>", [f"{A} UNWRAPPED", f"{B} UNWRAPPED"]),
    (f"[{A}] [{B}]", [f"{A} UNWRAPPED", f"{B} UNWRAPPED"]),
    (f"[{A}] and [{B}]", ["?http:// or https://"]),
    # Spaces
    ("https://x.com/my photo.jpg", ["https://x.com/my%20photo.jpg SPACES"]),
    ("https://x.com/my  big photo.jpg", ["https://x.com/my%20%20big%20photo.jpg SPACES"]),
    ("https://x.com/my%20big photo.jpg", ["https://x.com/my%20big%20photo.jpg SPACES"]),
    ("https://x.com/Über uns/a b.png?v=1", ["https://x.com/Über%20uns/a%20b.png?v=1 SPACES"]),
    ("https://x.com/a.jpg?text=Hello World&w=4", ["https://x.com/a.jpg?text=Hello%20World&w=4 SPACES"]),
    (f"https://x.com/my photo.jpg, {A}", ["https://x.com/my%20photo.jpg SPACES", A]),
    ("https:// c.shop.com/a.jpg", [f"{A} SCHEME"]),
    ("https://x.com/a.jpg b.jpg", ["?put a comma and a space between URLs"]),
    ("https://x.com/a.jpg front view", ["?put a comma and a space between URLs"]),
    ("https://x.com/my photo", ["?put a comma and a space between URLs"]),
    ("https://x.com is down", ["?put a comma and a space between URLs"]),
    ("https://my shop.com/a.jpg", ["?put a comma and a space between URLs"]),
    ("https://x.com/my\tphoto.jpg", ["?put a comma and a space between URLs"]),
    ("https://x.com/my\u00a0photo.jpg", ["?put a comma and a space between URLs"]),
    (f"{A}\t{B}", [A, B]),
    (f"\t{A}\t", [A]),
    # HTML's references
    ("https://x.com/a.jpg?w=1&amp;h=2", ["https://x.com/a.jpg?w=1&h=2 DECODED"]),
    ("https://x.com/a.jpg?w=1&#38;h=2&#x26;c=3", ["https://x.com/a.jpg?w=1&h=2&c=3 DECODED"]),
    ("https://x.com/a.jpg?w=1&amp;amp;h=2", ["https://x.com/a.jpg?w=1&h=2 DECODED"]),
    ("https://x.com/B&amp;W.jpg", ["https://x.com/B&W.jpg DECODED"]),
    ("https://x.com/a.jpg?w=1&AMP;h=2", ["https://x.com/a.jpg?w=1&h=2 DECODED"]),
    (f"&quot;{A}&quot;", [f"{A} UNWRAPPED DECODED"]),
    (f"&lt;{A}&gt;", [f"{A} UNWRAPPED DECODED"]),
    (f"&lt;img src=&quot;{A}&quot;&gt;", [f"{A} UNWRAPPED DECODED"]),
    # No scheme
    ("www.shop.com/a.jpg", ["https://www.shop.com/a.jpg ADDED"]),
    ("WWW.Shop.com/a", ["https://WWW.Shop.com/a ADDED"]),
    ("//c.shop.com/a.jpg", [f"{A} ADDED"]),
    ("://c.shop.com/a.jpg", [f"{A} ADDED"]),
    ("//127.0.0.1:28190/ok/b.jpg", ["https://127.0.0.1:28190/ok/b.jpg ADDED"]),
    ("c.shop.com/a.jpg", [f"{A} ADDED"]),
    ("c.shop.com:8443/a.jpg", ["https://c.shop.com:8443/a.jpg ADDED"]),
    ("shop.de/a.JPEG?v=2", ["https://shop.de/a.JPEG?v=2 ADDED"]),
    ("www.a.com/x.jpg,www.b.com/y.jpg", ["https://www.a.com/x.jpg ADDED", "https://www.b.com/y.jpg ADDED"]),
    ("c.shop.com/a.jpg, c.shop.com/b.jpg", [f"{A} ADDED", f"{B} ADDED"]),
    ("c.shop.com/a.jpg;c.shop.com/b.jpg", [f"{A} ADDED", f"{B} ADDED"]),
    (f"{A}, www.shop.com/b.jpg", [A, "https://www.shop.com/b.jpg ADDED"]),
    (f"{A},//c.shop.com/b.jpg", [A, f"{B} ADDED"]),
    (f"{C} www.shop.com/b.jpg", [C, "https://www.shop.com/b.jpg ADDED"]),
    ("images/a.jpg", ["?write the complete URL"]),
    ("/media/catalog/a.jpg", ["?write the complete URL"]),
    ("a.jpg", ["?write the complete URL"]),
    ("photos.old/a.jpg", ["?write the complete URL"]),
    ("//images/a.jpg", ["?write the complete URL"]),
    ("shop.com/about", ["?http:// or https://"]),
    ("shop.com", ["?http:// or https://"]),
    ("www", ["?http:// or https://"]),
    ("n/a", ["?http:// or https://"]),
    ("see below", ["?http:// or https://"]),
    # A scheme with a mistake in it
    ("https://https://c.shop.com/a.jpg", [f"{A} SCHEME"]),
    ("http://https://c.shop.com/a.jpg", [f"{A} SCHEME"]),
    ("https://http://c.shop.com/a.jpg", ["http://c.shop.com/a.jpg SCHEME"]),
    ("https:https://c.shop.com/a.jpg", [f"{A} SCHEME"]),
    ("https://https//c.shop.com/a.jpg", [f"{A} SCHEME"]),
    ("https://https:c.shop.com/a.jpg", [f"{A} SCHEME"]),
    ("https:/c.shop.com/a.jpg", [f"{A} SCHEME"]),
    ("https:///c.shop.com/a.jpg", [f"{A} SCHEME"]),
    ("https:c.shop.com/a.jpg", [f"{A} SCHEME"]),
    ("https//c.shop.com/a.jpg", [f"{A} SCHEME"]),
    ("http//c.shop.com/a.jpg", ["http://c.shop.com/a.jpg SCHEME"]),
    ("https;c.shop.com/a.jpg", [f"{A} SCHEME"]),
    ("https:://c.shop.com/a.jpg", [f"{A} SCHEME"]),
    ("htps://c.shop.com/a.jpg", [f"{A} SCHEME"]),
    ("httpss://c.shop.com/a.jpg", [f"{A} SCHEME"]),
    ("ttps://c.shop.com/a.jpg", [f"{A} SCHEME"]),
    ("hhttps://c.shop.com/a.jpg", [f"{A} SCHEME"]),
    ("htp://c.shop.com/a.jpg", ["http://c.shop.com/a.jpg SCHEME"]),
    ("http:/a/x.jpg", ["?write the complete URL"]),
    ("http://http", ["?twice"]),
    ("http://http:80/x.jpg", ["?twice"]),
    ("http:///x.jpg", ["?no host"]),
    ("https:/x.jpg", ["?write the complete URL"]),
    ("www.x.jpg", ["?write the complete URL"]),
    ("ftp://c.shop.com/a.jpg", ["?http:// or https://"]),
    ("blob:https://c.shop.com/a.jpg", ["?http:// or https://"]),
    ("file:///C:/a.jpg", ["?write its http(s) address"]),
    ("C:\\photos\\a.jpg", ["?write its http(s) address"]),
    ("\\\\server\\photos\\a.jpg", ["?write its http(s) address"]),
    ("data:image/png;base64,iVBOR", ["?write the image's address"]),
    # Slashes
    ("https:\\\\c.shop.com\\a.jpg", [f"{A} SLASHES"]),
    ("https:\\/\\/c.shop.com\\/a.jpg", [f"{A} SLASHES"]),
    ("https://c.shop.com\\a.jpg", [f"{A} SLASHES"]),
    ("c.shop.com\\a.jpg", [f"{A} SLASHES ADDED"]),
    ("https：//c.shop.com/a.jpg", [f"{A} SLASHES"]),
    ("https：／／c.shop.com／a.jpg", [f"{A} SLASHES"]),
    ("ｈｔｔｐｓ：／／ｃ．ｓｈｏｐ．ｃｏｍ／ａ．ｊｐｇ", [f"{A} SLASHES"]),
    # Invisible characters
    ("https://c.shop.com/a\u200b.jpg", [f"{A} INVISIBLE"]),
    ("https://c.sh\u00adop.com/a.jpg", [f"{A} INVISIBLE"]),
    ("https://c.shop.com/\u200da.jpg", [f"{A} INVISIBLE"]),
    ("ht\ufefftps://c.shop.com/a.jpg", [f"{A} INVISIBLE"]),
    ("https://c.shop.com/a.jp\ng", ["https://c.shop.com/a.jp", "?http:// or https://"]),
    # Quotes and brackets
    (f'"{A}"', [f"{A} UNWRAPPED"]),
    (f"'{A}'", [f"{A} UNWRAPPED"]),
    (f'""{A}""', [f"{A} UNWRAPPED"]),
    (f"“{A}”", [f"{A} UNWRAPPED"]),
    (f"„{A}“", [f"{A} UNWRAPPED"]),
    (f"«{A}»", [f"{A} UNWRAPPED"]),
    (f"‘{A}’", [f"{A} UNWRAPPED"]),
    (f"`{A}`", [f"{A} UNWRAPPED"]),
    (f"<{A}>", [f"{A} UNWRAPPED"]),
    (f"({A})", [f"{A} UNWRAPPED"]),
    (f"[{A}]", [f"{A} UNWRAPPED"]),
    (f"{{{A}}}", [f"{A} UNWRAPPED"]),
    (f"**{A}**", [f"{A} UNWRAPPED"]),
    (f'"{A}', [f"{A} UNWRAPPED"]),
    (f'"{A}", "{B}"', [f"{A} UNWRAPPED", f"{B} UNWRAPPED"]),
    (f'"{A}","{B}"', [f"{A} UNWRAPPED", f"{B} UNWRAPPED"]),
    (f'"{A}";"{B}"', [f"{A} UNWRAPPED", f"{B} UNWRAPPED"]),
    (f"“{A}”, “{B}”", [f"{A} UNWRAPPED", f"{B} UNWRAPPED"]),
    (f'"{A}, {B}"', [f"{A} UNWRAPPED", f"{B} UNWRAPPED"]),
    (f"[{A}, {B}]", [f"{A} UNWRAPPED", f"{B} UNWRAPPED"]),
    (f"<{A}>, <{B}>", [f"{A} UNWRAPPED", f"{B} UNWRAPPED"]),
    ('"www.shop.com/a.jpg"', ["https://www.shop.com/a.jpg UNWRAPPED ADDED"]),
    # Markdown
    (f"[x]({A})", [f"{A} UNWRAPPED"]),
    (f"![x]({A})", [f"{A} UNWRAPPED"]),
    (f"![]({A})", [f"{A} UNWRAPPED"]),
    (f'![x, y]({A} "title")', [f"{A} UNWRAPPED"]),
    (f"[![x]({A})](https://x.com/page)", [f"{A} UNWRAPPED"]),
    (f"![a]({A}) ![b]({B})", [f"{A} UNWRAPPED", f"{B} UNWRAPPED"]),
    (f"![a]({A}),![b]({B})", [f"{A} UNWRAPPED", f"{B} UNWRAPPED"]),
    (f"![a]({A})\n![b]({B})", [f"{A} UNWRAPPED", f"{B} UNWRAPPED"]),
    ("[x](https://x.com/a_(1).jpg)", ["https://x.com/a_(1).jpg UNWRAPPED"]),
    # Formulas
    (f'=IMAGE("{A}")', [f"{A} UNWRAPPED"]),
    (f'=image("{A}", 4, 100, 100)', [f"{A} UNWRAPPED"]),
    (f'=IMAGE(""{A}"")', [f"{A} UNWRAPPED"]),
    (f'=_xlfn.IMAGE("{A}")', [f"{A} UNWRAPPED"]),
    (f'=HYPERLINK("{A}";"Front")', [f"{A} UNWRAPPED"]),
    (f'=HYPERLINK("{A}","{B}")', [f"{A} UNWRAPPED"]),
    ("=IMAGE(A1)", ["?write the URL itself"]),
    # HTML
    (f'<img src="{A}">', [f"{A} UNWRAPPED"]),
    (f"<IMG alt='x' SRC='{A}' />", [f"{A} UNWRAPPED"]),
    (f"<img src={A}>", [f"{A} UNWRAPPED"]),
    (f'<img src="{A}"><img src="{B}">', [f"{A} UNWRAPPED", f"{B} UNWRAPPED"]),
    (f'<a href="{A}">Front</a>', [f"{A} UNWRAPPED"]),
    (f'<a href="{A}">{A}</a>', [f"{A} UNWRAPPED"]),
    (f'<a href="https://x.com/page"><img src="{A}"></a>', [f"{A} UNWRAPPED"]),
    (f'<img src="data:image/gif;base64,R0" data-src="{A}">', [f"{A} UNWRAPPED"]),
    ('<img src="//c.shop.com/a.jpg?w=1&amp;h=2">', [f"{A}?w=1&h=2 UNWRAPPED ADDED"]),
    (f"{A}<br>{B}", [f"{A} SEPARATED", f"{B} SEPARATED"]),
    (f"{A}<br/>{B}<BR />", [f"{A} SEPARATED", f"{B} SEPARATED"]),
    (f"<p>{A}</p><p>{B}</p>", [f"{A} UNWRAPPED", f"{B} UNWRAPPED"]),
    (f"<ul><li>{A}</li></ul>", [f"{A} UNWRAPPED"]),
    # JSON and its like
    (f'["{A}","{B}"]', [f"{A} UNWRAPPED", f"{B} UNWRAPPED"]),
    (f'["{A}", "{B}"]', [f"{A} UNWRAPPED", f"{B} UNWRAPPED"]),
    ('["https:\\/\\/c.shop.com\\/a.jpg"]', [f"{A} UNWRAPPED"]),
    (f'[{{"url":"{A}","alt":"x, y"}},{{"url":"{B}"}}]', [f"{A} UNWRAPPED", f"{B} UNWRAPPED"]),
    (f'{{"src":"{A}","id":12}}', [f"{A} UNWRAPPED"]),
    (f'{{"images":[{{"href":"{A}"}}]}}', [f"{A} UNWRAPPED"]),
    (f'["{A}","n/a"]', [f"{A} UNWRAPPED", "?http:// or https://"]),
    (f"['{A}','{B}']", [f"{A} UNWRAPPED", f"{B} UNWRAPPED"]),
    (f"array('{A}', '{B}')", [f"{A} UNWRAPPED", f"{B} UNWRAPPED"]),
    ("[]", []),
    ("[1,2]", ["?http:// or https://"]),
    # Names and labels
    (f"photo.jpg ({A})", [f"{A} UNWRAPPED"]),
    (f"photo.jpg ({A}),two.jpg ({B})", [f"{A} UNWRAPPED", f"{B} UNWRAPPED"]),
    (f"photo (1).jpg ({A}), photo (2).jpg ({B})", [f"{A} UNWRAPPED", f"{B} UNWRAPPED"]),
    (f"Front: {A}", [f"{A} UNWRAPPED"]),
    (f"Front:{A}", [f"{A} UNWRAPPED"]),
    (f"Front: {A} Back: {B}", [f"{A} UNWRAPPED", f"{B} UNWRAPPED"]),
    (f"Front: {A}, Back side: {B}", [f"{A} UNWRAPPED", f"{B} UNWRAPPED"]),
    (f"Front: {A}\nBack: {B}", [f"{A} UNWRAPPED", f"{B} UNWRAPPED"]),
    (f"image={A}", [f"{A} UNWRAPPED"]),
    (f"1. {A} 2. {B}", [f"{A} UNWRAPPED", f"{B} UNWRAPPED"]),
    (f'Front: "{A}"', [f"{A} UNWRAPPED"]),
    (f"- {A}\n- {B}", [f"{A} UNWRAPPED", f"{B} UNWRAPPED"]),
    ("Front: www.shop.com/a.jpg", ["https://www.shop.com/a.jpg UNWRAPPED ADDED"]),
    # Separators
    (f"{A}~{B}", [f"{A} SEPARATED", f"{B} SEPARATED"]),
    (f"{A} ~ {B}", [f"{A} SEPARATED", f"{B} SEPARATED"]),
    (f"{A}，{B}；{C}", [f"{A} SEPARATED", f"{B} SEPARATED", f"{C} SEPARATED"]),
    (f"{A}、{B}", [f"{A} SEPARATED", f"{B} SEPARATED"]),
    (f"{A}>{B}", [f"{A} SEPARATED", f"{B} SEPARATED"]),
    (f"{A} > {B}", [f"{A} SEPARATED", f"{B} SEPARATED"]),
    # Trailing punctuation
    (f"{A}.", [f"{A} TRIMMED"]),
    (f"{A},", [A]),
    (f"{A})", [f"{A} TRIMMED"]),
    (f'{A}"', [f"{A} TRIMMED"]),
    (f"{A}。", [f"{A} TRIMMED"]),
    (f"{A}, {B}.", [A, f"{B} TRIMMED"]),
    ("https://x.com/a_(1).jpg)", ["https://x.com/a_(1).jpg TRIMMED"]),
    ("https://x.com/page.", ["https://x.com/page."]),
    ("https://x.com/page)", ["https://x.com/page)"]),
    # Never
    ("https://user:secret@x.com/a.jpg", ["?password"]),
    ('"https://user:secret@x.com/a.jpg"', ["?password"]),
    ("//user:secret@x.com/a.jpg", ["?write the complete URL"]),
    (f"{A}\u200b{B}", [A, B]),
]


def shown(source: Source) -> str:
    if not source.usable:
        return f"?{source.fault}"
    short = {code.value: code.name.removeprefix("SCHEME_") for code in Repair}
    return " ".join([source.url, *(short[note] for note in source.notes)])


@pytest.mark.parametrize(("cell", "expected"), CELLS)
def test_a_cell_means(cell: str, expected: list[str]) -> None:
    found = [shown(source) for source in sources(cell)]
    assert len(found) == len(expected), found
    for got, wanted in zip(found, expected, strict=True):
        assert got.endswith(wanted[1:]) and got[0] == "?" if wanted[0] == "?" else got == wanted


def test_there_are_many_examples() -> None:
    assert len({cell for cell, _ in CELLS}) >= 150


def test_what_was_written_is_kept_where_it_is_not_what_is_fetched() -> None:
    assert sources(f"{A}, www.shop.com/b.jpg") == (
        Source(A),
        Source("https://www.shop.com/b.jpg", None, "www.shop.com/b.jpg", ("URL_SCHEME_ADDED",)),
    )
    [link] = sources("https://imgur.com/AbCdEf1")
    assert (link.written, link.notes) == ("https://imgur.com/AbCdEf1", ("URL_DOWNLOAD",))


def test_a_share_link_that_is_wrapped_becomes_a_download_too() -> None:
    [link] = sources('=IMAGE("drive.google.com/file/d/1AbC_d-E/view")')
    assert link.fault  # no scheme and no image's extension: not clear
    [link] = sources('=IMAGE("https://drive.google.com/file/d/1AbC_d-E/view")')
    assert link.url == "https://drive.google.com/uc?export=download&id=1AbC_d-E"
    assert link.notes == ("URL_UNWRAPPED", "URL_DOWNLOAD")


# What no cell of today holds that means one URL: the closed list in docs/contract.md.
SIGNS = re.compile(
    r"&(?:amp|quot|apos|lt|gt|nbsp|#[0-9]+|#x[0-9a-f]+);|<|[~，；、>]\s*https?://|\|\|"
    r"|\.(?:jpe?g|jpe|jfif|png|gif|webp|avif|bmp|tiff?|hei[cf]|svg)[.,;:'\"’”“»>)\]}，。；、]+(?:[\s,;|]|\Z)",
    re.IGNORECASE,
)
PIECES = st.sampled_from(
    [
        *("http://", "https://", "HTTP://", "//", "www.", "a.com", "x.shop.de", "/", "a", "b.jpg", ".png"),
        *(",", ";", "|", " ", "\n", "\t", "~", "，", ">", "<", '"', "'", "(", ")", "[", "]", "{", "}", ":"),
        *("?", "&", "=", "#", "%", "%20", "@", "\\", "&amp;", "é", "\u200b", "\u200d", ".", "-", "_", "**"),
        *("img src=", "<br>", "=IMAGE(", '"url"', "Front: ", "ftp:", "：", "／"),
    ]
)
TEXTS = st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=40)
CELL = TEXTS | st.lists(TEXTS.map("http://a.com/".__add__), max_size=4).map(", ".join)


def before(cell: str) -> list[str] | None:
    """The URLs of a cell by the rules of 0.1, or None if one of its parts cannot be fetched."""
    parts = split(cell)
    return None if any(map(fault, parts)) else parts


@given(CELL)
@example("https://x.com/a,b;c|d.jpg")
@example("https://x.com/a(1)[2]{3}.jpg'")
@example('https://x.com/"a"b.jpg,https://x.com/')
def test_what_could_be_fetched_is_left_as_it_is(cell: str) -> None:
    """The same URLs in the same order, without notes; the signs of the closed list aside."""
    parts = before(cell)
    if parts is not None and len(parts) <= MAX_IMAGES_PER_ROW and not SIGNS.search(cell):
        expected = [Source(part) for part in parts]
        assert [source for source in sources(cell) if "URL_DOWNLOAD" not in source.notes] == expected


@given(CELL)
def test_what_is_fetched_can_be_fetched_and_is_not_repaired_again(cell: str) -> None:
    for source in sources(cell):
        assert source.fault or fault(source.url) is None
        assert source.notes or source.written is None
        if source.usable and source.notes and not SIGNS.search(source.url):
            assert sources(source.url) == (Source(source.url),)


@given(CELL)
def test_no_repair_costs_an_image_that_could_be_fetched(cell: str) -> None:
    assert sum(source.usable for source in sources(cell)) >= sum(
        not fault(part) for part in split(cell)[:100]
    )


WRAPS = st.sampled_from(
    [
        "<{}>",
        '"{}"',
        "“{}”",
        "({})",
        "[x]({})",
        "![]({})",
        '=IMAGE("{}")',
        '<img src="{}">',
        '["{}"]',
        "Front: {}",
    ]
)
NAMES = st.text("abcXYZ019_-./%", min_size=1, max_size=30)


@given(WRAPS, NAMES)
def test_what_is_wrapped_comes_out_whole(wrap: str, name: str) -> None:
    url = f"https://c.shop.com/{name}.jpg"
    assert sources(wrap.format(url)) == (
        Source(url, None, sources(wrap.format(url))[0].written, ("URL_UNWRAPPED",)),
    )


def test_more_images_than_a_row_may_have_are_only_counted() -> None:
    cell = ", ".join(["www.shop.com/a.jpg"] * (MAX_IMAGES_PER_ROW + 1))
    assert sources(cell) == (Source("www.shop.com/a.jpg"),) * (MAX_IMAGES_PER_ROW + 1)
    assert len(sources(str([A] * (MAX_IMAGES_PER_ROW + 1)))) > MAX_IMAGES_PER_ROW


def test_deep_json_is_refused_not_followed() -> None:
    assert not any(source.usable for source in sources("[" * 50_000))
    assert not any(source.usable for source in sources("[" * 40 + "{}" + "]" * 40))


HOSTILE = [
    *(
        "a",
        "<",
        "(",
        "[",
        "{",
        '"',
        "'",
        "“",
        "«",
        "&",
        "&amp;",
        "&lt;",
        "~",
        "/",
        "\\",
        ":",
        "http",
        "https://",
    ),
    *("https://a.b/x.jpg ", "(http://a", '(http://a "', "[x](", "[![x](a)](", "<br>", "<img ", '<img src="'),
    *(
        "<a href=x>",
        '=IMAGE("',
        "Front: ",
        "Front: https://a.b ",
        "www.a.com,",
        "a.b/c.jpg,",
        "//a.b ",
        "https:",
    ),
    *(
        "；http://",
        ">http://a",
        "~http://a.b/c",
        "||",
        '["a",',
        '{"url":',
        ".jpg.",
        "x)",
        "array(",
        "1. ",
        "@",
    ),
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_a_cell_of_100_000_characters_takes_little_time(unit: str) -> None:
    for prefix in ("", "https://c.shop.com/", "[", '<img src="'):
        cell = (prefix + unit * (100_000 // len(unit)))[:100_000]
        begin = time.process_time()
        sources(cell)
        assert time.process_time() - begin < 2  # some 25 ms; quadratic would be minutes


def test_hosts_of_share_links_are_known() -> None:
    assert share_links.knows("Drive.Google.com")
    assert not share_links.knows("drive.google.com.evil.example")


@pytest.mark.parametrize("text", [r'["https://h.test/\ud83d.jpg"]', r'"https://h.test/\uD83D.jpg"'])
def test_half_of_a_character_is_no_url(text: str) -> None:
    """JSON can escape it, and no encoding has it."""
    [source] = sources(text)
    assert source.url == r"https://h.test/\ud83d.jpg"
    assert source.fault == "it contains half of a character, U+D83D"
    [whole] = sources(text.replace(".jpg", r"\ude00.jpg").replace("D83D", "d83d"))
    assert (whole.url, whole.usable) == ("https://h.test/\U0001f600.jpg", True)


@given(
    st.lists(
        st.sampled_from([r"\ud83d", r"\ude00", A, B, "Front: ", "//", "www.", "h.test/", " ", ".jpg", "."])
    )
)
def test_no_text_of_a_source_has_half_of_a_character(parts: list[str]) -> None:
    for source in sources(f'["{"".join(parts)}"]'):
        for text in (source.url, source.written or "", source.fault or ""):
            text.encode()
