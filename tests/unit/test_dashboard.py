"""The template's dashboard: CloudWatch can show it, it shows everything there is, and its sums are right."""

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from bench.aws_prices import LAMBDA_GB_SECOND, LAMBDA_REQUEST, S3_GB_MONTH, S3_PUT, SQS_REQUEST
from bench.costs import DOLLARS_A_GB_SECOND
from local.runner.template import load, parameters
from tests.metric_math import Value, evaluate
from tests.translated import SECRETS

TEMPLATE = load(Path(__file__).parents[2] / "template.yaml")
RESOURCES = TEMPLATE["Resources"]
VALUES = parameters(TEMPLATE, SECRETS)
MOST_OF_A_SEARCH = 1024  # characters, as CloudWatch allows
LONGER_NAME = 40  # characters that AWS's name of a queue may have more than its logical id
TEXT, NAMES = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]


def substituted(text: str, names: dict[str, str]) -> str:
    """Return what `Fn::Sub` makes of a text, with the logical id of a resource for its name."""
    return re.sub(r"\$\{([\w:.]+)\}", lambda name: names.get(name[1], name[1]), text)


def body(architecture: str = "arm64") -> dict[str, Any]:
    """Return the body as CloudFormation makes it, which knows nothing of JSON."""
    _, on_arm64, otherwise = NAMES["GbSecond"]["Fn::If"]
    names: dict[str, str] = {
        **VALUES,
        "AWS::StackName": "catalight-dev",
        "AWS::Region": "eu-central-1",
        "GbSecond": on_arm64 if architecture == "arm64" else otherwise,
    }
    names["Queues"] = substituted(NAMES["Queues"]["Fn::Sub"], names)
    found: dict[str, Any] = json.loads(substituted(TEXT, names))
    return found


WIDGETS = body()["widgets"]
GRAPHS = {w["properties"]["title"]: w["properties"] for w in WIDGETS if w["type"] == "metric"}


def split(graph: dict[str, Any]) -> tuple[dict[str, list[str]], list[dict[str, Any]]]:
    """Return the metrics of a graph by their ids, and its expressions."""
    lines = graph["metrics"]
    expressions = [line[0] for line in lines if isinstance(line[0], dict)]
    series = [line for line in lines if isinstance(line[0], str)]
    return {
        line[-1]["id"]: line for line in series if isinstance(line[-1], dict) and "id" in line[-1]
    }, expressions


def dollars(title: str, values: dict[str, Value], architecture: str = "arm64") -> dict[str, Value]:
    """Return what the shown expressions of a graph give, by label. Searches find 0; others have no value."""
    (graph,) = (
        w["properties"] for w in body(architecture)["widgets"] if w["properties"].get("title") == title
    )
    metrics, expressions = split(graph)
    known: dict[str, Value] = dict.fromkeys(metrics) | values
    assert known.keys() == metrics.keys()
    for line in expressions:
        text = re.sub(r"SEARCH\('.*?'(?:, [^)]*)\)", "[0]", line["expression"])
        known[line["id"] if "id" in line else line["label"]] = evaluate(text, known)
    return {line["label"]: known[line["label"]] for line in expressions if "label" in line}


def test_widgets_fill_a_grid_of_24_columns_without_overlapping() -> None:
    places = [
        {(x, y) for x in range(w["x"], w["x"] + w["width"]) for y in range(w["y"], w["y"] + w["height"])}
        for w in WIDGETS
    ]
    assert not any(one & other for one, other in combinations(places, 2))
    rows = {y for place in places for _, y in place}
    assert rows == set(range(max(rows) + 1))
    assert set.union(*places) == {(x, y) for x in range(24) for y in rows}


@pytest.mark.parametrize("title", GRAPHS)
def test_an_expression_names_only_metrics_of_its_graph(title: str) -> None:
    graph = GRAPHS[title]
    assert graph["region"] == "eu-central-1"
    metrics, expressions = split(graph)
    ids = [line["id"] for line in expressions if "id" in line]
    assert len(graph["metrics"]) == len({json.dumps(line) for line in graph["metrics"]})
    for name in (*metrics, *ids):
        assert re.fullmatch(r"[a-z]\w*", name)  # else CloudWatch refuses it
    for line in expressions:
        names = re.findall(r"\b[a-z]\w*\b", re.sub(r"SEARCH\('.*?'(?:, [^)]*)\)", "", line["expression"]))
        assert set(names) <= {*metrics, *ids}


def test_it_shows_all_alarms_functions_and_queues() -> None:
    (alarms,) = (w["properties"]["alarms"] for w in WIDGETS if w["type"] == "alarm")
    assert alarms == [f"{n}.Arn" for n, r in RESOURCES.items() if r["Type"] == "AWS::CloudWatch::Alarm"]
    shown = json.dumps(GRAPHS)
    [sqs] = [line for line in split(GRAPHS["Dollars, running"])[1] if line.get("id") == "sqs"]
    assert len(sqs["expression"]) < MOST_OF_A_SEARCH - 10 * LONGER_NAME
    for name, resource in RESOURCES.items():
        if resource["Type"] == "AWS::SQS::Queue":
            assert f"{name}.QueueName" in shown
            assert f'"{name}.QueueName"' in sqs["expression"]
        elif resource["Type"] == "AWS::Serverless::Function":
            durations = [line for line in GRAPHS["Dollars, running"]["metrics"] if "Duration" in line]
            assert name in {line[3] for line in durations}


def test_the_memory_that_lambda_is_billed_for_is_that_of_the_template() -> None:
    """A second of each function costs its memory, to the last digit that the expressions have."""
    for name, resource in RESOURCES.items():
        if resource["Type"] == "AWS::Serverless::Function":
            memory = resource["Properties"]["MemorySize"]
            memory = int(VALUES[memory["Ref"]] if isinstance(memory, dict) else memory)
            found = dollars("Dollars, running", {name.removesuffix("Function").lower(): 1000.0})
            assert sum(filter(None, found.values())) == pytest.approx(memory / 1024 * LAMBDA_GB_SECOND)


def test_the_cost_of_a_million_images_is_that_of_the_price_list() -> None:
    million, calls, seconds = 1e6, 1e5, 45_000.0
    image = seconds * 1769 / 1024
    per = "Dollars per million images: Lambda and S3 PUT"
    values: dict[str, Value] = {
        "done": million,
        "reused": None,
        "image": seconds * 1000,
        "image_calls": calls,
    }
    for architecture, price in DOLLARS_A_GB_SECOND.items():
        expected = image * price + calls * LAMBDA_REQUEST + million * S3_PUT
        assert dollars(per, values, architecture) == {"dollars per million": pytest.approx(expected)}
    found = dollars("Dollars, running", values | {"requests": million, "stored": 730 * 1024**3})
    assert found == {
        "Lambda: images": pytest.approx(image * LAMBDA_GB_SECOND + calls * LAMBDA_REQUEST),
        "Lambda: others": 0,
        "S3: PUT": pytest.approx(million * S3_PUT),
        "SQS, at most": 0,
        "API Gateway": pytest.approx(1.0),  # aws.amazon.com/api-gateway/pricing: HTTP APIs
        "S3: storage": pytest.approx(S3_GB_MONTH),  # an hour of 730 GB
    }
    assert "FILL(stored, REPEAT)" in TEXT  # S3 has one value a day, which holds for each of its hours
    assert f"* {SQS_REQUEST:.7f}" in TEXT
