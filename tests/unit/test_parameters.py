"""The template's parameters: grouped, bounded, and compared with each other before and after a deployment."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from catalight.domain.consistency import problems
from local.deploy_checks import rules
from local.options import numbers
from local.options import parameters as read
from local.runner.errors import LocalError
from local.runner.template import load

TEMPLATE = load(Path(__file__).parents[2] / "template.yaml")
PARAMETERS: dict[str, dict[str, Any]] = TEMPLATE["Parameters"]


def test_every_parameter_is_in_one_group() -> None:
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    assert sorted(grouped) == sorted(PARAMETERS)


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_parameter_is_described_and_bounded(name: str) -> None:
    declared = PARAMETERS[name]
    assert declared["Description"]
    if "AllowedValues" in declared:
        assert declared["Default"] in declared["AllowedValues"]
    elif declared["Type"] == "Number":
        assert declared["MinValue"] <= declared["Default"]
        assert declared["Default"] <= declared.get("MaxValue", declared["Default"])
    else:
        assert (
            re.fullmatch(declared["AllowedPattern"], declared.get("Default", "")) or "Default" not in declared
        )


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("Patience=800", "PARAMETERS: Patience must exceed ImageVisibility"),
        ("ImageTimeout=200", "PARAMETERS: ImageVisibility must be at least six times ImageTimeout"),
        ("ImageReserved=5", "PARAMETERS: ImageReserved must be 0 or at least"),
        ("ImageTimeout=901", "PARAMETERS: ImageTimeout must be at most 900"),
        ("AlarmEmail=me", "PARAMETERS: AlarmEmail must be like"),
        ("ImageRetryPauses=2,x", "PARAMETERS: ImageRetryPauses must be like"),
    ],
)
def test_what_contradicts_is_refused_before_anything_starts(given: str, problem: str) -> None:
    with pytest.raises(LocalError, match=problem):
        read(given)


def test_the_sweeper_gets_every_number_that_is_compared() -> None:
    """It compares them when it starts, for deployments that were not made by `make deploy`."""
    text = TEMPLATE["Resources"]["SweeperFunction"]["Properties"]["Environment"]["Variables"]["NUMBERS"]
    defaults = numbers(PARAMETERS, {})
    passed = json.loads(re.sub(r"\$\{(\w+)\}", lambda name: str(defaults[name[1]]), text["Fn::Sub"]))
    assert passed.items() <= defaults.items()
    assert list(problems(passed)) == []


@pytest.mark.parametrize("rule", TEMPLATE["Rules"])
def test_rules_name_parameters(rule: str) -> None:
    """cfn-lint checks the rest."""
    names = set(re.findall(r"'Ref': '(\w+)'", str(TEMPLATE["Rules"][rule])))
    assert names
    assert names <= PARAMETERS.keys()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, ""),
        ({"WebhookSecretArn": "uri"}, "must be two secrets"),
        ({"SubnetIds": ["subnet-1"]}, "SubnetIds need SecurityGroupIds"),
        ({"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}, ""),
        ({"Authentication": "none"}, ""),
        ({"Authentication": "none", "CorsOrigins": "*"}, "without API keys"),
        ({"LinkDomain": "a.example"}, "LinkDomain needs LinkCertificateArn"),
        ({"LinkDomain": "a.example", "LinkCertificateArn": "arn"}, ""),
        (
            {"LinkDomain": "a.example", "LinkCertificateArn": "arn", "LinkBaseUrl": "https://b"},
            "so LinkBaseUrl",
        ),
        ({"LinkCertificateArn": "arn"}, "LinkCertificateArn has no effect"),
        ({"LinkWebAclArn": "arn"}, "LinkWebAclArn protects nothing"),
    ],
)
def test_rules_refuse_what_cannot_be_combined(changed: dict[str, str | list[str]], said: str) -> None:
    """As `make deploy` evaluates them, before anything is built."""
    values: dict[str, str | list[str]] = {"MongoDbUriSecretArn": "uri", "WebhookSecretArn": "webhook"}
    for name, entry in PARAMETERS.items():
        if "Default" in entry:
            listed = entry["Type"] == "CommaDelimitedList"
            values[name] = entry["Default"].split(",") if listed else str(entry["Default"])
    found = list(rules.broken(TEMPLATE["Rules"], values | changed))
    assert len(found) == bool(said)
    assert all(said in one for one in found)


def test_a_function_that_is_not_evaluated_is_an_error() -> None:
    with pytest.raises(ValueError, match="Fn::Contains"):
        list(rules.broken({"A": {"Assertions": [{"Assert": {"Fn::Contains": [[], ""]}}]}}, {}))
