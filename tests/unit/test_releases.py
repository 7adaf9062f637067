"""Releases: a version of each function that does work, and an alias that moves to it gradually."""

import re
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from typing import Any

import pytest

from local.runner.children import PROJECT
from local.runner.sam import to_cloudformation
from local.runner.template import Template, load
from tests.translated import SECRETS, translated

RESOURCES = translated()["Resources"]
WORKING = ("Api", "Image", "DeadLetter", "Aggregator", "Export", "Ingest")
WATCHED = {"ReleaseRequestsAlarm", "ReleaseMessagesAlarm", "ThrottleAlarm", "DurationAlarm"}


def of_type(kind: str) -> dict[str, Any]:
    return {name: entry["Properties"] for name, entry in RESOURCES.items() if entry["Type"] == kind}


@cache
def released(name: str) -> Template:
    """The template as a release of this name deploys it."""
    return to_cloudformation(load(PROJECT / "template.yaml"), SECRETS | {"Release": name})


def named(node: Any) -> Iterator[str]:
    """Yield what a part of the template refers to."""
    match node:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case {"Fn::Sub": str(text) | [str(text), _]} if names := text.split("${")[1:]:
            yield from (name.partition("}")[0].partition(".")[0] for name in names)
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from named(child)


def test_what_works_is_reached_through_its_alias() -> None:
    aliases = {f"{name}FunctionAliaslive" for name in WORKING}
    assert of_type("AWS::Lambda::Alias").keys() == aliases
    mappings = of_type("AWS::Lambda::EventSourceMapping").values()
    assert {mapping["FunctionName"]["Ref"] for mapping in mappings} == aliases - {"ApiFunctionAliaslive"}
    [permission] = of_type("AWS::Lambda::Permission").values()
    assert permission["FunctionName"] == {"Ref": "ApiFunctionAliaslive"}


def test_a_new_name_of_the_release_makes_new_versions_that_differ() -> None:
    """Lambda refuses to publish a version that equals the last one, so the name is also a variable."""
    later = released("2611291045")["Resources"]
    for name in WORKING:
        assert f"{name}FunctionVersionnone" in RESOURCES
        assert f"{name}FunctionVersion2611291045" in later
        variables = RESOURCES[f"{name}Function"]["Properties"]["Environment"]["Variables"]
        assert variables["RELEASE"] == {"Ref": "Release"}


@pytest.mark.parametrize("name", WORKING)
def test_a_release_is_rolled_back_by_alarms_unless_it_takes_over_at_once(name: str) -> None:
    group = of_type("AWS::CodeDeploy::DeploymentGroup")[f"{name}FunctionDeploymentGroup"]
    condition, watching, at_once = group["AlarmConfiguration"]["Fn::If"]
    assert (condition, at_once) == ("IsGradual", {})
    assert watching["Enabled"]
    assert {alarm["Name"]["Ref"] for alarm in watching["Alarms"]} == WATCHED
    events = group["AutoRollbackConfiguration"]["Events"]
    assert {"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"} <= set(events)
    policy = RESOURCES[f"{name}FunctionAliaslive"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
    assert policy["DeploymentGroupName"] == {"Ref": f"{name}FunctionDeploymentGroup"}


def test_alarms_that_roll_back_have_gone_off_before_a_release_has_taken_over() -> None:
    """CodeDeploy watches for the minutes that the name of the default says."""
    minutes = 15
    parameter = load(PROJECT / "template.yaml")["Parameters"]["Rollout"]
    assert parameter["Default"] == f"Canary10Percent{minutes}Minutes"
    for name in WATCHED:
        alarm = of_type("AWS::CloudWatch::Alarm")[name]
        [period] = {query["MetricStat"]["Period"] for query in alarm["Metrics"] if "MetricStat" in query}
        assert period * alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"]) < minutes * 60


def test_the_alarms_of_a_release_watch_its_own_versions_and_lines_alone() -> None:
    resources = released("2611291045")["Resources"]
    for name in ("ReleaseRequestsAlarm", "ReleaseMessagesAlarm"):
        for query in resources[name]["Properties"]["Metrics"]:
            if "MetricStat" not in query:
                continue
            dimensions = {d["Name"]: d["Value"] for d in query["MetricStat"]["Metric"]["Dimensions"]}
            if dimensions.keys() == {"Release"}:
                assert dimensions["Release"] == {"Ref": "Release"}
                continue
            function = dimensions["FunctionName"]["Ref"]
            assert dimensions["Resource"] == {"Fn::Sub": f"${{{function}}}:live"}
            version = f"{function}Version2611291045"
            assert dimensions["ExecutedVersion"] == {"Fn::GetAtt": [version, "Version"]}


def test_each_release_has_alarms_of_its_own_which_are_off_when_it_begins() -> None:
    """An alarm that is only updated keeps its state, and CodeDeploy stops at once if it is on."""
    alarms = of_type("AWS::CloudWatch::Alarm").items()
    assert {name: alarm["AlarmName"] for name, alarm in alarms if "AlarmName" in alarm} == {
        name: {"Fn::Sub": f"${{AWS::StackName}}-{name}-${{Release}}"}
        for name in ("ReleaseRequestsAlarm", "ReleaseMessagesAlarm")
    }


def test_no_resource_depends_on_itself() -> None:
    """CloudFormation refuses a circle, such as alarm, HTTP API, alias, deployment group, alarm."""
    graph = {}
    for name, resource in RESOURCES.items():
        before = resource.get("DependsOn", [])
        found = {*named(resource), *([before] if isinstance(before, str) else before)}
        graph[name] = found & RESOURCES.keys()
    assert len(list(TopologicalSorter(graph).static_order())) == len(RESOURCES)


def test_only_the_api_starts_from_snapshots() -> None:
    starts = {name for name, function in of_type("AWS::Lambda::Function").items() if "SnapStart" in function}
    assert starts == {"ApiFunction"}


def test_snapshots_are_possible() -> None:
    """Not with provisioned concurrency, EFS or more than 512 MB of storage: see docs/deploy.md."""
    api = RESOURCES["ApiFunction"]["Properties"]
    assert not api.keys() & {"FileSystemConfigs", "EphemeralStorage", "PackageType"}
    assert "ProvisionedConcurrencyConfig" not in RESOURCES["ApiFunctionAliaslive"]["Properties"]


def test_the_page_on_upgrading_names_the_alarms_and_the_ways_to_take_over() -> None:
    page = (PROJECT / "docs/upgrading.md").read_text()
    table = page.partition("| alarm |")[2].partition("\n\n")[0]
    assert set(re.findall(r"\[(\w+Alarm)\]", table)) == WATCHED
    rollout = load(PROJECT / "template.yaml")["Parameters"]["Rollout"]
    named = re.search(r"`Rollout` says how:\n(.*?)\.\n", page, re.DOTALL)
    assert named
    assert set(re.findall(r"`(\w+)`", named[1])) == set(rollout["AllowedValues"])
    assert f"`{rollout['Default']}` (the default)" in page
