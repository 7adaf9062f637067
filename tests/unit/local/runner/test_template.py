"""Reading a template, and the values of its parameters."""

from pathlib import Path

import pytest

from local.runner.errors import LocalError
from local.runner.template import load, parameters

TEMPLATE = {
    "Parameters": {"Name": {}, "Seconds": {"Default": 5}, "Fancy": {"Default": True}},
    "Resources": {},
}


def test_overrides_replace_defaults_and_all_values_are_text() -> None:
    assert parameters(TEMPLATE, {"Name": "x"}) == {"Name": "x", "Seconds": "5", "Fancy": "true"}
    assert parameters(TEMPLATE, {"Name": "x", "Seconds": 7})["Seconds"] == "7"


def test_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(LocalError, match="The template has no parameter Secs"):
        parameters(TEMPLATE, {"Name": "x", "Secs": 7})


def test_a_missing_value_is_reported_with_its_parameter() -> None:
    with pytest.raises(LocalError, match="The template needs a value for Name"):
        parameters(TEMPLATE, {})


def test_short_forms_of_intrinsic_functions_are_expanded(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text("Resources: {Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Name}}}")
    assert load(path)["Resources"]["Queue"]["Properties"] == {"QueueName": {"Ref": "Name"}}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("a: [", "is not YAML"), ("- a list", "has no Resources"), ("Resources: 3", "has no Resources")],
)
def test_a_file_that_is_not_a_template_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(text)
    with pytest.raises(LocalError, match=sentence):
        load(path)


def test_a_missing_template_is_reported_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match=r"template\.yaml cannot be read"):
        load(tmp_path / "template.yaml")
