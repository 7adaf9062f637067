"""The laws hold, whatever the order, and whatever fails, crashes, stalls, or comes late or twice."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.model.explore import attempt, drawn, explore
from tests.model.scenario import Scenario
from tests.model.scenarios import SCENARIOS

GAPS = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 12)), max_size=9)

of_all = pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())


@of_all
def test_one_deviation_anywhere_breaks_no_law(scenario: Scenario) -> None:
    assert explore(scenario, budget=1) > 50


@pytest.mark.parametrize("name", ["no images", "one row", "twice under one key"])
def test_two_deviations_break_no_law(name: str) -> None:
    assert explore(SCENARIOS[name], budget=2, share=40) > 150


@of_all
def test_many_deviations_break_no_law(scenario: Scenario) -> None:
    @settings(max_examples=25, derandomize=True, deadline=None, database=None)
    @given(GAPS)
    def run(gaps: list[tuple[int, int]]) -> None:
        attempt(scenario, drawn(gaps))

    run()
