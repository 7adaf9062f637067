"""The form field `renditions`: what is read, and what is refused."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.domain.errors import OptionError
from catalight.domain.image.formats import Target
from catalight.domain.image.presets import PRESETS
from catalight.domain.image.rendition import MAX_RENDITIONS, Fit, Rendition
from catalight.domain.image.rendition_requests import FORM, read_renditions

THUMBNAIL = PRESETS["thumbnail"].rendition


@pytest.mark.parametrize(
    ("text", "renditions"),
    [
        ("", ()),
        (" \n", ()),
        (
            FORM,
            (
                Rendition(name="large", max_width=2000),
                replace(THUMBNAIL, format=Target.WEBP),
                PRESETS["amazon-main"].rendition,
            ),
        ),
        ('["shopify"]', (PRESETS["shopify"].rendition,)),
        ('[{"name": "a"}, {"name": "b"}]', (Rendition(name="a"), Rendition(name="b"))),
        ('[{"preset": "thumbnail", "name": "t"}]', (replace(THUMBNAIL, name="t"),)),
        (
            '[{"preset": "thumbnail", "fit": "inside", "width": null, "height": null, "max_width": 9}]',
            (Rendition(70, max_width=9, name="thumbnail"),),
        ),
        (
            '[{"name": "x", "quality": 80, "format": "avif", "width": 30, "height": 20, "fit": "pad",'
            ' "background": "#ABC", "trim": true, "min_side": 10}]',
            (
                Rendition(
                    80,
                    Target.AVIF,
                    background="#AABBCC",
                    name="x",
                    width=30,
                    height=20,
                    fit=Fit.PAD,
                    trim=True,
                    min_side=10,
                ),
            ),
        ),
    ],
)
def test_renditions_are_read(text: str, renditions: tuple[Rendition, ...]) -> None:
    assert read_renditions(text) == renditions


@pytest.mark.parametrize(
    ("request_", "field", "found"),
    [
        (7, "renditions", "7"),
        ({"name": "a"}, "renditions", '{"name": "a"}'),
        ([], "renditions", "[]"),
        ([{"name": f"n{number}"} for number in range(MAX_RENDITIONS + 1)], "renditions", None),
        ([7], "renditions.1", "7"),
        ([None], "renditions.1", "null"),
        ([{}], "renditions.1.name", ""),
        ([{"name": "a"}, {"quality": 9}], "renditions.2.name", ""),
        ([{"name": ""}], "renditions.1.name", ""),
        ([{"name": None}], "renditions.1.name", ""),
        ([{"name": 7}], "renditions.1.name", "7"),
        ([{"name": "a b"}], "renditions.1.name", "a b"),
        ([{"name": "n" * 41}], "renditions.1.name", None),
        ([{"name": "a"}, {"name": "A"}], "renditions.2.name", "A"),
        (["shopify", {"preset": "shopify"}], "renditions.2.name", "shopify"),
        (["ebay"], "renditions.ebay.preset", "ebay"),
        ([{"preset": ["shopify"], "name": "s"}], "renditions.s.preset", '["shopify"]'),
        ([{"name": "a", "widht": 7}], "renditions.a", "widht"),
        ([{"name": "a", "quality": 101}], "renditions.a.quality", "101"),
        ([{"name": "a", "quality": "80"}], "renditions.a.quality", "80"),
        ([{"name": "a", "quality": 80.0}], "renditions.a.quality", "80.0"),
        ([{"name": "a", "quality": "best"}], "renditions.a.quality", "best"),
        ([{"name": "a", "look": "good"}], "renditions.a.look", "good"),
        ([{"name": "a", "quality": "auto", "look": "best"}], "renditions.a.look", "best"),
        ([{"name": "a", "quality": True}], "renditions.a.quality", "true"),
        ([{"name": "a", "trim": "yes"}], "renditions.a.trim", "yes"),
        ([{"name": "a", "format": "gif"}], "renditions.a.format", "gif"),
        ([{"name": "a", "format": ["jpeg"]}], "renditions.a.format", '["jpeg"]'),
        ([{"name": "a", "fit": "crop"}], "renditions.a.fit", "crop"),
        ([{"name": "a", "background": "white"}], "renditions.a.background", "white"),
        ([{"name": "a", "width": 9}], "renditions.a.width", "9"),
        ([{"name": "a", "fit": "pad", "width": 9}], "renditions.a.fit", "pad"),
        ([{"preset": "thumbnail", "max_width": 9}], "renditions.thumbnail.max_width", "9"),
        ([{"preset": "thumbnail", "width": 0}], "renditions.thumbnail.width", "0"),
    ],
)
def test_what_is_wrong_is_named(request_: Any, field: str, found: str | None) -> None:
    with pytest.raises(OptionError) as refused:
        read_renditions(json.dumps(request_))
    assert refused.value.field == field
    if found is not None:
        assert refused.value.found == found
    assert refused.value.allowed


@pytest.mark.parametrize(
    "text",
    [
        "shopify",
        "[",
        "[" * 9_000,
        '[{"name": "a", "name": "b"}]',
        f'[{{"name": "a", "quality": {"9" * 5_000}}}]',
    ],
)
def test_what_is_not_json_is_refused_with_the_right_form(text: str) -> None:
    with pytest.raises(OptionError, match="a JSON list such as") as refused:
        read_renditions(text)
    assert refused.value.field == "renditions"
    assert len(refused.value.found) <= 80


def test_found_texts_are_shortened_and_can_be_sent() -> None:
    for text in ("x" * 9_000, "\ud800"):
        with pytest.raises(OptionError) as refused:
            read_renditions(json.dumps([{"name": "a", "background": text}, {"name": "b", text: 1}]))
        assert len(refused.value.found.encode()) <= 90


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda v: st.lists(v) | st.dictionaries(st.sampled_from(["name", "preset", "width", "fit", "x"]), v),
    )
)
def test_any_json_is_read_or_refused(value: Any) -> None:
    try:
        renditions = read_renditions(json.dumps([value]))
    except OptionError:
        return
    assert all(rendition.name for rendition in renditions)


def test_the_presets_are_named_as_they_are_found() -> None:
    assert {name: preset.rendition.name for name, preset in PRESETS.items()} == {
        name: name for name in PRESETS
    }
    assert all(preset.source.startswith("https://") for preset in PRESETS.values())
    main = PRESETS["amazon-main"].rendition
    assert (main.width, main.height, main.background, main.format) == (2000, 2000, "#ffffff", "jpeg")
