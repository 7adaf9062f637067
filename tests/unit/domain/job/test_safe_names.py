"""Names that every system takes."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.domain.job import safe_names

TEXTS = st.text(max_size=120) | st.text(
    st.sampled_from("aZ9_-. /\\:\0\u202e\u0301\u200dé鞋\uff0e\uff0f\uff02\ufdfa\u1160CONconNULcom1"),
    max_size=200,
)


@pytest.mark.parametrize(
    ("text", "ascii_name", "unicode_name"),
    [
        ("SKU-12.5_b", "SKU-12.5_b", "SKU-12.5_b"),
        ("Rote Schuhe (neu)", "Rote-Schuhe-neu", "Rote-Schuhe-neu"),
        ("Größe", "Grosse", "Größe"),
        ("Łódź Smørrebrød Œuvre", "Lodz-Smorrebrod-OEuvre", "Łódź-Smørrebrød-Œuvre"),
        ("Café Crème", "Cafe-Creme", "Café-Crème"),
        ("鞋", "image", "鞋"),
        ("हिन्दी", "image", "हिन्दी"),
        ("🙂", "image", "image"),
        ("../../etc/passwd", "etc-passwd", "etc-passwd"),
        ("\uff0e\uff0e\uff0fetc", "etc", "etc"),  # full-width
        ("a..b…c", "a.b.c", "a.b.c"),
        ("C:\\Users\\me", "C-Users-me", "C-Users-me"),
        ("/etc", "etc", "etc"),
        ("con", "_con", "_con"),
        ("COM¹", "_COM1", "_COM1"),
        ("nul.tar", "_nul.tar", "_nul.tar"),
        ("\uff23\uff2f\uff2e", "_CON", "_CON"),
        ("conical", "conical", "conical"),
        ("a\u202egpj.exe", "agpj.exe", "agpj.exe"),
        ("a\u200bb\ufe0f\u1160", "ab", "ab"),
        ("a\r\nb\0c", "a-b-c", "a-b-c"),
        ("name. ", "name", "name"),
        ("-rf", "rf", "rf"),
        (".bashrc", "bashrc", "bashrc"),
        ("", "image", "image"),
        ("..", "image", "image"),
        ("e\u0301", "e", "é"),
        ("\u0301a", "a", "a"),
        ("x" * 300, "x" * 80, "x" * 80),
        ("\U00020000" * 80, "image", "\U00020000" * 60),  # four bytes each
    ],
)
def test_a_segment_is_safe_and_keeps_what_it_can(text: str, ascii_name: str, unicode_name: str) -> None:
    assert safe_names.segment(safe_names.safe(text, unicode=False)) == ascii_name
    assert safe_names.segment(safe_names.safe(text, unicode=True)) == unicode_name


def check(segment: str, *, unicode: bool) -> None:
    """Check that a segment is safe, by other means than those that made it."""
    assert segment
    assert len(segment) <= 80
    assert len(f"{segment}-600000.webp".encode()) <= 255
    assert ".." not in segment
    assert segment[0] not in "-."
    assert segment[-1] not in "-."
    for character in segment:
        kind = unicodedata.category(character)
        assert character in "-_." or kind[0] in "LN" or kind in ("Mn", "Mc"), (character, kind)
    device = segment.partition(".")[0].upper()
    assert device not in {"CON", "PRN", "AUX", "NUL"}
    assert not (device[:3] in {"COM", "LPT"} and device[3:] in set("0123456789¹²³"))
    assert unicodedata.is_normalized("NFKC", segment)
    assert unicode or segment.isascii()


@given(TEXTS, st.booleans())
def test_any_text_becomes_a_safe_segment(text: str, unicode: bool) -> None:
    segment = safe_names.segment(safe_names.safe(text, unicode=unicode))
    check(segment, unicode=unicode)
    assert safe_names.is_segment(segment)
    assert safe_names.segment(safe_names.safe(segment, unicode=unicode)) == segment
    assert safe_names.segment(safe_names.safe(text, unicode=unicode)) == segment


@given(TEXTS)
def test_only_safe_characters_make_a_segment(text: str) -> None:
    if safe_names.is_segment(text):
        assert not set(text) & set('/\\:*?"<>| \0\u202e%#')
        assert ".." not in text


def test_a_huge_cell_costs_no_more_than_its_beginning() -> None:
    assert safe_names.safe("é" * 10_000_000, unicode=True) == "é" * 200
