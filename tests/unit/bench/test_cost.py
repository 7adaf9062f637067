"""The cost of a delivery: the page has what the command writes, and the levers pull the way they should."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench import cost
from bench.aws_prices import EVENT_METRICS, MILLION, MONTHLY, S3_GET, SNAPSHOT
from bench.candidates import ROOT
from bench.tables import PAGE
from bench.template import default
from local.prune import KEPT
from local.runner.template import load

DELIVERY = cost.delivery(MILLION, cost.LATENCY)


@pytest.mark.parametrize(
    ("page", "name", "text"),
    [
        (PAGE, "delivery", cost.by_service()),
        (PAGE, "levers", cost.levers()),
        (PAGE, "options", cost.options_of_a_month()),
        (cost.DEPLOY, "opened", cost.views()),
    ],
)
def test_the_page_has_what_the_command_writes(page: Path, name: str, text: str) -> None:
    assert f"<!-- {name} -->\n\n{text}\n\n<!-- end -->" in page.read_text(), "run `make cost WRITE=1`"


def test_the_event_counts_of_all_queues_are_counted() -> None:
    template = (ROOT / "template.yaml").read_text()
    assert 4 * template.count("MetricsConfig: {Metrics: [EventCount]}") == EVENT_METRICS


def test_the_snapshot_is_that_of_the_api() -> None:
    api = load(ROOT / "template.yaml")["Resources"]["ApiFunction"]["Properties"]
    assert api["MemorySize"] == cost.API_MEMORY
    assert api["SnapStart"] == {"ApplyOn": {"Ref": "ApiSnapStart"}}
    assert f"${KEPT * SNAPSHOT + SNAPSHOT:.2f} a month at most" in cost.DEPLOY.read_text()


def test_a_view_through_cloudfront_calls_no_function() -> None:
    sums = cost.views().splitlines()[-1].split("|")[2:5]
    api, cloudfront, free = map(float, sums)
    assert api > cloudfront > free == pytest.approx(MILLION * S3_GET)


def test_the_figures_in_the_text_are_those_of_the_tables() -> None:
    text = (PAGE.parent / "deploy.md").read_text()
    assert (
        f"A million images cost about ${sum(DELIVERY.values()):.0f} and a month ${sum(MONTHLY.values()):.0f}"
        in text
    )
    at_once, usual = (MILLION * cost.Setting().image_function(latency) for latency in (0, cost.LATENCY))
    less = MILLION * cost.Setting(memory=1024).image_function(cost.LATENCY)
    assert f"${at_once:.2f} for a million images if" in text
    assert f"${usual:.2f} if they take 150 ms" in text
    assert f"lowers the second to ${less:.2f}" in text


def test_a_delivery_costs_in_proportion_to_its_images() -> None:
    for name, half in cost.delivery(MILLION / 2, cost.LATENCY).items():
        assert half == pytest.approx(DELIVERY[name] / 2)


def test_times_between_and_beyond_those_measured_lie_on_a_line() -> None:
    low, middle, high, beyond = (cost.measured(latency, 5)[1] for latency in (150, 225, 300, 450))
    assert middle == pytest.approx((low + high) / 2)
    assert beyond == pytest.approx(high + (high - low))
    with pytest.raises(ValueError, match="no times for 7 connections"):
        cost.measured(150, 7)


def test_waiting_is_billed_at_any_memory_and_cpu_stretches_with_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """100 ms of which 10 are CPU: at 1,024 MB these 10 take 17.3. A range of ten is stored in 50 ms."""
    monkeypatch.setattr(cost, "measured", lambda *_: (0.01, 0.1))
    seconds = {memory: cost.Setting(memory=memory).range_seconds(150) for memory in (1024, 1769)}
    assert seconds == {1024: pytest.approx(1.1228, abs=1e-4), 1769: pytest.approx(1.05)}
    assert MILLION * cost.Setting(memory=1024).image_function(150) == pytest.approx(1.517, abs=1e-3)
    assert MILLION * cost.Setting(memory=1769).image_function(150) == pytest.approx(2.439, abs=1e-3)


def test_the_default_is_the_best_for_one_slow_host_among_those_that_spare_it() -> None:
    """The fastest of those with at most 40 connections to a host, and cheaper than more functions."""
    usual = cost.Setting()
    assert usual.connections == default("HostConnections")
    for connections in (4, 10):
        other = replace(usual, connections=connections, functions=40 // connections)
        assert usual.images_a_second(150) > other.images_a_second(150)
        assert (usual.image_function(150) < other.image_function(150)) == (connections < usual.connections)


def test_the_command_takes_what_make_gives_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["cost", "--images", "1e3", "--latency", "80"])
    cost.main()
    assert "1,000 images, hosts 80 ms" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["cost", "--images", "0"])
    with pytest.raises(SystemExit):
        cost.main()
