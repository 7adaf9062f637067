"""Exchanging the URLs of image cells."""

import html
import json
from collections.abc import Sequence

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from catalight.domain.catalogue.sources import MAX_IMAGES_PER_ROW, Source, sources
from catalight.domain.catalogue.url_places import Place, exchanged

A, B, C = "https://h.test/a.jpg", "https://h.test/b.jpg?x=1&y=2", "http://h.test/c,d.jpg"


def new_url(place: int) -> str:
    return f"https://l/images/t{place}/x.jpg"


def places_of(cell: str, kept: Sequence[int] = (), gone: Sequence[int] = ()) -> list[Place]:
    """The places of a cell with a new URL for each, except those with these numbers."""

    def new(number: int, source: Source) -> Place:
        text = None if number in kept else "" if number in gone else new_url(number)
        return Place(source.url, source.url if source.written is None else source.written, text)

    return [new(number, source) for number, source in enumerate(sources(cell))]


N0, N1, N2 = map(new_url, range(3))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (A, N0),
        (f" {A}\t", f" {N0}\t"),
        (f"{A}, {B}", f"{N0}, {N1}"),
        (f"{A},{B};{C}|", f"{N0},{N1};{N2}|"),
        (f"{A}\r\n{A}\n", f"{N0}\r\n{N1}\n"),
        (f"{A}?v=2 {A}", f"{N0} {N1}"),
        (f"{A} {A}?v=2", f"{N0} {N1}"),
        (f"['{A}', '{B}']", f"['{N0}', '{N1}']"),
        (f'"{A}"', f'"{N0}"'),
        (f"Front: {A}, Back: {C}", f"Front: {N0}, Back: {N1}"),
        (f"({A})", f"({N0})"),
        (f"Front:{A}", f"Front:{N0}"),
        (f'Front: "{A}"', f'Front: "{N0}"'),
        (f"![alt]({A}) ![more]({C})", f"![alt]({N0}) ![more]({N1})"),
        (
            f'<p><img src="{A}" alt="x"><br><img src="{C}"></p>',
            f'<p><img src="{N0}" alt="x"><br><img src="{N1}"></p>',
        ),
        (f'<a href="{A}"><img src="{A}"></a>', f'<a href="{N0}"><img src="{N0}"></a>'),
        (f"[![x]({A})]({A})", f"[![x]({N0})]({A})"),
        (json.dumps([A, C]), json.dumps([N0, N1])),
        (json.dumps([{"src": A, "id": 1}]), json.dumps([{"src": N0, "id": 1}])),
        (json.dumps([A, C]).replace("/", "\\/"), json.dumps([N0, N1])),  # as PHP escapes it
        (json.dumps([B]).replace("&", "\\u0026"), json.dumps([N0])),
        (html.escape(B), N0),
        (f'<img src="{html.escape(html.escape(B))}">', f'<img src="{N0}">'),
        (html.escape(f'<img src="{B}">'), html.escape(f'<img src="{B}">').replace(html.escape(B), N0)),
        ("www.h.test/a.jpg, //h.test/b.jpg", f"{N0}, {N1}"),
        (f'=IMAGE("{A}")', f'=IMAGE("{N0}")'),
        ("https://www.dropbox.com/s/k/a.jpg?dl=0", N0),
        (f"not a url, {A}", f"{N0}, {N1}"),
        (f"\u200b{A}", f"\u200b{N0}"),
    ],
)
def test_only_the_characters_of_a_url_are_exchanged(cell: str, expected: str) -> None:
    assert exchanged(cell, places_of(cell)) == expected


BROKEN = [
    *("htps://h.test/a.jpg", "https:/h.test/a.jpg", "https//h.test/a.jpg", "http:///h.test/a.jpg"),
    *("https:// h.test/a.jpg", "http://https://h.test/a.jpg", "https:https://h.test/a.jpg"),
    *(
        "://h.test/a.jpg",
        ":h.test/a.jpg",
        "//h.test/a.jpg",
        "https:\\\\h.test/a.jpg",
        "https:\\h.test\\a.jpg",
    ),
    *(
        "https\uff1a//h.test/a.jpg",
        "https\uff1a\uff0f\uff0fh.test\uff0fa.jpg",
        *(A + sign for sign in ".)\"'>\u3002\uff0c”"),
    ),
    *(f"[{A}", f"({A}", f'"{A}', f"“{A}", f"{A}.)", "www.h.test/a.jpg."),
]


@pytest.mark.parametrize("broken", BROKEN)
def test_what_a_repair_changed_or_dropped_is_exchanged_with_the_url(broken: str) -> None:
    assert exchanged(broken, places_of(broken)) == N0
    cell = f"{broken}, {C}"
    if [source.url for source in sources(cell)] == [sources(broken)[0].url, C]:
        assert exchanged(cell, places_of(cell)) == f"{N0}, {N1}"
        assert exchanged(cell, places_of(cell, gone=[0])) == N1


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ('["htps:\\/\\/h.test\\/a.jpg"]', f'["{N0}"]'),
        (f'("{A}.")', f'("{N0}")'),
        (f"({A}.)", f"({N0})"),
        ('<img src="https:/h.test/a.jpg">', f'<img src="{N0}">'),
    ],
)
def test_around_a_repaired_url_pairs_and_markup_stay(cell: str, expected: str) -> None:
    assert exchanged(cell, places_of(cell)) == expected


@pytest.mark.parametrize(
    ("cell", "kept", "expected"),
    [
        (f"{A}, {B}", [0], f"{A}, {N1}"),
        (f"{A}, n/a, {C}", [1], f"{N0}, n/a, {N2}"),
        (f"www.h.test/a.jpg; {A}", [0], f"www.h.test/a.jpg; {N1}"),
        (json.dumps([A, C]), [1], json.dumps([N0, C])),
        (f"{A}, {B}", [0, 1], f"{A}, {B}"),
        (f"{A} {A}", [0], f"{A} {N1}"),
    ],
)
def test_what_has_failed_stays(cell: str, kept: list[int], expected: str) -> None:
    assert exchanged(cell, places_of(cell, kept)) == expected


@pytest.mark.parametrize(
    ("cell", "gone", "expected"),
    [
        (f"{A}, {B};{C}", [0], f"{N1};{N2}"),
        (f"{A}, {B};{C}", [1], f"{N0};{N2}"),
        (f"{A}, {B};{C}", [2], f"{N0}, {N1}"),
        (f"{A}, {B};{C}", [0, 2], N1),
        (f"{A}, {B};{C}", [0, 1, 2], ""),
        (A, [0], ""),
        (json.dumps([A, C]), [0], json.dumps([N1])),
        (json.dumps([A, C]), [1], json.dumps([N0])),
        (json.dumps([A, C]), [0, 1], ""),
        # Its label, its alternative text or its other fields would be those of another image.
        (f"Front: {A}, Back: {C}", [0], N1),
        (f'<img src="{A}" alt="a"><img src="{C}" alt="c">', [1], N0),
        (json.dumps([{"src": A}, {"src": C}]), [0], N1),
        *((f"Front: {A}, {C}", [gone], left) for gone, left in ((0, N1), (1, N0))),
        *((f"({A}), {C}", [gone], left) for gone, left in ((0, N1), (1, N0))),
        *((f'{A}, "{C}"', [gone], left) for gone, left in ((0, N1), (1, N0))),
        *((f"“{A}“, {C}", [gone], left) for gone, left in ((0, N1), (1, N0))),
        *((f"<{A}> {C}", [gone], left) for gone, left in ((0, N1), (1, N0))),
        (f"![x]({A}) {C}", [0], N1),
        (f"{A} (front), {C}", [1], N0),
        (f'"{A}", "{C}"', [0], f'"{N1}"'),
        (f"({A}), ({C})", [1], f"({N0})"),
    ],
)
def test_with_what_goes_goes_a_separator(cell: str, gone: list[int], expected: str) -> None:
    assert exchanged(cell, places_of(cell, gone=gone)) == expected


def test_a_text_that_is_not_in_the_cell_makes_it_a_plain_list() -> None:
    places = [Place(A, "photo", None), Place(B, B, N1)]  # a hyperlink's text, and a URL that is not there
    assert exchanged("photo", places) == f"photo, {N1}"
    assert exchanged("", [Place(A, "", N0)]) == N0


URLS = st.sampled_from(
    [A, B, C, f"{A}?v=2", "//h.test/e.jpg", "www.h.test/f.jpg", "n/a", "https://h.test/x y.jpg"]
)
WRAPPED = st.one_of(
    st.lists(URLS, max_size=4).map(json.dumps),
    st.lists(URLS, max_size=4).map(lambda urls: json.dumps(urls).replace("/", "\\/")),
    st.lists(URLS, max_size=4).map(lambda urls: json.dumps([{"src": url} for url in urls])),
    st.lists(URLS, max_size=4).map(lambda urls: "".join(f'<img src="{html.escape(url)}">' for url in urls)),
    st.lists(URLS, max_size=3).map(lambda urls: " ".join(f"[![{url}]({url})]({url})" for url in urls)),
    st.lists(URLS, max_size=4).map(str),
    st.lists(
        st.tuples(
            st.sampled_from(["", "Front: ", '"', "(", "\u200b"]), URLS, st.sampled_from(["", ".", '"', ")"])
        ),
        max_size=4,
    ).map(lambda parts: ", ".join("".join(part) for part in parts)),
)
CELLS = WRAPPED | st.lists(URLS | st.text("ab:/.,; |<>\"'[]{}()&\\\n"), max_size=6).flatmap(
    lambda parts: st.sampled_from([",", ", ", ";", "|", " ", "\n", "<br>", " ; ", ""]).map(
        lambda sign: sign.join(parts)
    )
)


@settings(max_examples=600)
@given(CELLS, st.sets(st.integers(0, 5)), st.sets(st.integers(0, 5)))
def test_a_cell_read_again_has_the_new_urls_in_the_old_order(
    cell: str, kept: set[int], gone: set[int]
) -> None:
    """Whatever it is, unless it becomes a plain list in which what fails is not divided from the next URL."""
    places = places_of(cell, kept=list(kept), gone=list(gone - kept))
    assume(0 < len(places) <= MAX_IMAGES_PER_ROW)
    left = [place for place in places if place.new != ""]
    text = exchanged(cell, places)
    if all(place.new is None for place in places):
        assert text == cell
    elif not left:
        assert text == ""
    elif text != ", ".join(place.new or place.written for place in left):
        assert [source.url for source in sources(text)] == [place.new or place.url for place in left]
    if all(place.new for place in places):
        assert [source.url for source in sources(text)] == [place.new for place in places]
        repairs = {note for source in sources(text) for note in source.notes}
        assert not any("SCHEME" in note or "SLASHES" in note or "TRIMMED" in note for note in repairs)


@given(st.lists(URLS, min_size=1, max_size=5), st.sampled_from([",", ", ", ";", " | ", "\n", "\r\n"]))
def test_a_plain_list_keeps_its_separators(urls: list[str], separator: str) -> None:
    cell = separator.join(urls)
    places = places_of(cell)
    assume([place.written for place in places] == urls)
    assert exchanged(cell, places) == separator.join(map(new_url, range(len(urls))))
