"""The template as the local runner passes it to moto."""

from typing import Any

import pytest

from local.runner.children import PROJECT
from local.runner.sam import translate
from local.runner.template import load
from tests.translated import SECRETS

API = "http://127.0.0.1:8000"


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    found: dict[str, Any] = translate(load(PROJECT / "template.yaml"), SECRETS, API)["Resources"]
    return found


def test_the_local_api_answers_for_the_domain_of_image_links(resources: dict[str, Any]) -> None:
    variables = resources["ApiFunction"]["Properties"]["Environment"]["Variables"]
    assert variables["LINK_BASE_URL"] == {
        "Fn::If": ["HasLinkDomain", {"Fn::Sub": API}, {"Ref": "LinkBaseUrl"}]
    }
