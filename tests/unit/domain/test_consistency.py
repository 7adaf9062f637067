"""What holds between the numbers of a deployment."""

from pathlib import Path

import pytest

from bench.aws_model import MONITOR, OTHER_FUNCTIONS
from catalight.adapters.mongo.client import POOL
from catalight.domain import consistency
from catalight.domain.consistency import RULES, problems
from local.options import numbers
from local.runner.template import load

DECLARED = load(Path(__file__).parents[3] / "template.yaml")["Parameters"]
DEFAULTS = numbers(DECLARED, {})

BROKEN = [
    ({"Patience": 840}, "Patience must exceed"),
    ({"ImageTimeout": 50, "FetchSeconds": 30, "CodingSeconds": 20}, "ImageTimeout must exceed"),
    ({"ImageReceives": 100, "ImageVisibility": 3456, "Patience": 9000}, "ImageReceives"),
    ({"JobDeadline": 7200}, "JobDeadline must exceed"),
    ({"LongestDays": 29}, "LongestDays must be"),
    ({"ImageReserved": 7}, "ImageReserved must be"),
    ({"ImageReserved": 19, "ImagePollers": 2}, "ImageReserved must be"),
    ({"ImagePollers": 1}, "ImagePollers must not"),
    ({"ImageVisibility": 719}, "ImageVisibility must be at least six"),
    ({"ChoresTimeout": 61}, "ChoresVisibility must be"),
    ({"AggregatorTimeout": 301}, "AggregatorVisibility must be"),
    ({"ExportVisibility": 5399}, "ExportVisibility must be"),
    ({"IngestVisibility": 5399}, "IngestVisibility must be"),
]


def test_the_defaults_are_consistent() -> None:
    assert list(problems(DEFAULTS)) == []


@pytest.mark.parametrize(("given", "expected"), BROKEN)
def test_a_contradiction_is_named(given: dict[str, float], expected: str) -> None:
    (found,) = problems(DEFAULTS | given)
    assert found.startswith(expected)


@pytest.mark.parametrize(
    "given",
    [
        {"ImageReserved": 8},
        {"ImageReserved": 20, "ImagePollers": 2},
        {"ImagePollers": 2, "ImageConcurrency": 1000},
        {"LongestDays": 30},
    ],
)
def test_what_fits_is_accepted(given: dict[str, float]) -> None:
    assert list(problems(DEFAULTS | given)) == []


def test_every_rule_can_be_broken() -> None:
    assert all(any(text.startswith(expected) for _, expected in BROKEN) for text, _ in RULES)


def test_connections_are_counted_as_the_model_of_scale_counts_them() -> None:
    for images, pool in ((8, 4), (100, 2)):
        numbers = DEFAULTS | {"ImageConcurrency": images, "MongoDbConnections": pool}
        found = consistency.connections_at_once(numbers, POOL)
        assert found == images * (pool + MONITOR) + OTHER_FUNCTIONS * (POOL + MONITOR)
    pollers = DEFAULTS | {"ImagePollers": 3}
    assert consistency.connections_at_once(pollers, POOL) == 30 * 5 + OTHER_FUNCTIONS * 5
