"""The models of docs/scale.md: the page is what they say, and their parameters keep what it promises."""

import re
from statistics import median

import pytest

from bench import aws_model, cost, fairness, scale
from bench.aws_prices import S3_PUTS_A_SECOND, TIERS
from bench.candidates import ROOT
from bench.template import default
from catalight.adapters.mongo.client import POOL
from catalight.domain.job.ranges import IMAGES_PER_RANGE
from tests.unit.test_template import DEFAULTS

PAGE = aws_model.PAGE.read_text()
MOST_SECONDS = 60  # that a window takes


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("model", aws_model.by_default),
        ("hour", aws_model.by_hour),
        ("tiers", aws_model.by_tier),
        ("fairness", fairness.results),
    ],
)
def test_the_page_has_what_the_command_writes(name: str, text: object) -> None:
    assert callable(text)
    assert f"<!-- {name} -->\n\n{text()}\n\n<!-- end -->" in PAGE, "run `make aws-model WRITE=1`"


def test_the_measured_tables_are_those_of_the_data() -> None:
    assert f"<!-- scale -->\n\n{scale.report(scale.recorded())}\n\n<!-- end -->" in PAGE


AS_IT_IS = [case for case in fairness.CASES if case.grouping is fairness.by_owner]


@pytest.mark.parametrize("case", AS_IT_IS, ids=lambda case: case.title)
def test_a_small_job_takes_at_most_twice_as_long_beside_large_ones(case: fairness.Case) -> None:
    """Beside ranges that take three times as long, it may take three times as long at worst."""
    most = 2 if case.slower == 1 else 3
    alone, beside = fairness.compare(case)
    assert median(beside) <= 2 * median(alone)
    assert all(there <= most * here for here, there in zip(alone, beside, strict=True))


def test_without_groups_or_with_one_for_each_job_it_waits_for_the_windows() -> None:
    for case in fairness.CASES[:3:2]:
        alone, beside = fairness.compare(case)
        assert min(beside) > 40 * median(alone)


def test_a_window_is_short_and_yet_keeps_all_functions_busy() -> None:
    """The page's arithmetic: what it makes others of its group wait, and how long its ranges may wait."""
    turn = cost.range_seconds(aws_model.USUAL)
    functions, window = default("ImageConcurrency"), default("Window")
    wait, slack = window * turn / functions, (window / functions - 1) * turn
    assert slack > 10
    assert wait < MOST_SECONDS
    for seconds in (f"= {slack:.0f} s\n", f"= {wait:.0f} s is"):
        assert seconds in PAGE


def test_the_numbers_in_the_text_are_those_of_the_model() -> None:
    tier = TIERS[0]
    assert f"on {tier.name} at most {aws_model.most_functions(tier)}" in (ROOT / "docs/deploy.md").read_text()
    partition = S3_PUTS_A_SECOND * cost.range_seconds(150) / IMAGES_PER_RANGE
    found = re.search(r"which are (\d+) functions with hosts of 150 ms", PAGE)
    assert found
    assert int(found[1]) == pytest.approx(partition, rel=0.02)
    assert aws_model.OTHERS_CONNECTIONS == POOL == default("MongoDbConnections")


def test_defaults_are_read_from_the_template() -> None:
    for name in ("Window", "ImageConcurrency", "ImageMemory", "MongoDbConnections"):
        assert default(name) == DEFAULTS[name]
    with pytest.raises(ValueError, match="no number Nothing"):
        default("Nothing")


@pytest.mark.parametrize("latency", aws_model.LATENCIES)
def test_more_images_take_longer_and_cost_more_and_waiting_is_paid(latency: int) -> None:
    seconds = [aws_model.as_deployed(images, latency).seconds(images, latency) for images in aws_model.SIZES]
    dollars = [cost.dollars(images, latency) for images in aws_model.SIZES]
    assert seconds == sorted(seconds)
    assert dollars == sorted(dollars)
    assert dollars[-1] > cost.dollars(aws_model.SIZES[-1], 0)


def test_a_cluster_that_is_chosen_has_the_connections_and_the_memory() -> None:
    for images in aws_model.SIZES:
        for plan in (aws_model.as_deployed(images), aws_model.in_an_hour(images)):
            assert plan.functions <= aws_model.most_functions(plan.tier)
            assert images * aws_model.INDEXED < plan.tier.memory * 1e9
