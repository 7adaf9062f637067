"""The form field `columns`: what is read, and what is refused."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.domain.catalogue.column_requests import FORM, read_request, remember
from catalight.domain.catalogue.columns import MAX_IMAGE_COLUMNS
from catalight.domain.catalogue.header_choice import key
from catalight.domain.catalogue.requested import Request, from_document, to_document
from catalight.domain.errors import OptionError

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        (FORM, Request(("Image 1", "Image 2"), "SKU", "Title")),
        ('{"images": ["Photo"]}', Request(("Photo",))),
        ('{"serial": "Größe"}', Request(serial="Größe")),
        ("", None),
        (" \n", None),
    ],
)
def test_columns_are_read(text: str, request_: Request | None) -> None:
    assert read_request(text) == request_


@pytest.mark.parametrize(
    "text",
    [
        "Photo",
        "[]",
        "{}",
        "null",
        '["Photo"]',
        '{"images": "Photo"}',
        '{"images": []}',
        '{"images": null}',
        '{"images": [""]}',
        '{"images": [" "]}',
        '{"images": [1]}',
        '{"images": [["Photo"]]}',
        '{"images": ["\\ud800"]}',
        '{"serial": null}',
        '{"serial": ["SKU"]}',
        '{"name": ""}',
        '{"name": "' + "n" * 201 + '"}',
        '{"image": ["Photo"]}',
        '{"\\ud800": ["Photo"]}',
        '{"images": ["a"], "images": ["b"]}',
        '{"images": ["a"]',
        json.dumps({"images": ["Photo"] * (MAX_IMAGE_COLUMNS + 1)}),
        "[" * 16_000,
        "1" * 16_000,
    ],
)
def test_what_is_wrong_is_refused_with_the_right_form(text: str) -> None:
    with pytest.raises(OptionError) as caught:
        read_request(text)
    assert caught.value.field == "columns"
    assert FORM in caught.value.allowed
    f"{caught.value.allowed} {caught.value.found}".encode()


@given(st.text() | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = read_request(text)
    except OptionError:
        return
    assert found is None or from_document(to_document(found)) == found


def test_what_is_remembered_names_its_header() -> None:
    cells = [f"Column {number}" for number in range(20)]
    known = remember(cells, Request(("Column 1",)), NOW)
    assert known.id == key(cells)
    assert known.header == tuple(cells[:10])
