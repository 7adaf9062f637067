"""The page shows what strangers wrote (file names, cells): it makes text of it all, and never markup."""

import re
from pathlib import Path

import pytest

from catalight.domain.image.options import Target

PAGE = (Path(__file__).parents[4] / "functions/api/page.html").read_text()


@pytest.mark.parametrize(
    "way",
    [
        r"innerHTML|outerHTML|insertAdjacentHTML|setHTML|createContextualFragment|DOMParser|srcdoc",
        r"document\.write|\beval\b|\bFunction\(",
        r"javascript:",
        r"set(?:Timeout|Interval)\([\"'`]",
        r"<[^>]*\son[a-z]+\s*=",  # an event handler among the attributes
    ],
)
def test_there_is_no_way_from_text_to_markup_or_code(way: str) -> None:
    assert not re.search(way, PAGE)


def test_links_lead_into_the_api_and_nothing_is_loaded_from_elsewhere() -> None:
    assert re.findall(r"\.(?:href|src|action)\s*=(?!\s*`/)", PAGE) == []
    found = re.findall(r"\b(?:href|src|action)=\"([^\"]*)\"", PAGE)
    assert found
    assert all(address == "data:," or re.fullmatch(r"/[a-z]*", address) for address in found)


def test_what_is_asked_for_is_asked_of_the_api_itself() -> None:
    """So a key goes nowhere else."""
    assert PAGE.count("fetch(") == 1
    asked = re.findall(r"(?<!function )call\(\s*([\"'`])(.)", PAGE)
    assert len(asked) == PAGE.count("call(") - 1 > 0
    assert {first for _, first in asked} == {"/"}


def test_the_form_offers_every_format() -> None:
    offered = re.findall(r"<option(?: value=\"([a-z]+)\")?>([a-z ]+)<", PAGE)
    assert {value or text for value, text in offered} == set(Target)
