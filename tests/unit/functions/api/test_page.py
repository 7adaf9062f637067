"""The page shows untrusted input (file names, cells) as text only, never as markup."""

import re
from pathlib import Path

import pytest

from catalight.domain.image.formats import Target
from catalight.domain.image.rendition_requests import read_renditions

PAGE = (Path(__file__).parents[4] / "functions/api/page.html").read_text()


@pytest.mark.parametrize(
    "pattern",
    [
        r"innerHTML|outerHTML|insertAdjacentHTML|setHTML|createContextualFragment|DOMParser|srcdoc",
        r"document\.write|\beval\b|\bFunction\(",
        r"javascript:",
        r"set(?:Timeout|Interval)\([\"'`]",
        r"<[^>]*\son[a-z]+\s*=",  # an event handler attribute
    ],
)
def test_text_cannot_become_markup_or_code(pattern: str) -> None:
    assert not re.search(pattern, PAGE)


def test_links_go_to_the_api_and_nothing_is_loaded_from_elsewhere() -> None:
    assert re.findall(r"\.(?:href|src|action)\s*=(?!\s*`/)", PAGE) == []
    found = re.findall(r"\b(?:href|src|action)=\"([^\"]*)\"", PAGE)
    assert found
    assert all(address == "data:," or re.fullmatch(r"/[a-z]*", address) for address in found)


def test_the_page_only_calls_the_api_itself() -> None:
    """So an API key is sent nowhere else."""
    assert PAGE.count("fetch(") == 1
    calls = re.findall(r"(?<!function )call\(\s*([\"'`])(.)", PAGE)
    assert len(calls) == PAGE.count("call(") - 1 > 0
    assert {first for _, first in calls} == {"/"}


def test_the_form_offers_every_format() -> None:
    [formats] = re.findall(r"<select name=\"format\">(.*?)</select>", PAGE, re.DOTALL)
    offered = re.findall(r"<option(?: value=\"([a-z]+)\")?>([a-z ]+)<", formats)
    assert {value or text for value, text in offered} == set(Target)


def test_the_form_offers_renditions_that_the_api_takes() -> None:
    [offered] = re.findall(r"<select name=\"renditions\">(.*?)</select>", PAGE, re.DOTALL)
    requests = re.findall(r"value='([^']+)'", offered)
    assert [len(read_renditions(request)) for request in requests] == [1, 1, 1, 2]
