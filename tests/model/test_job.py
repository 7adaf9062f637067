"""The invariants hold in any order, and if anything fails, crashes, stalls, or arrives late or twice."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.model.explore import attempt, drawn_plan, explore
from tests.model.scenario import Scenario
from tests.model.scenarios import SCENARIOS

GAPS = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 12)), max_size=9)

all_scenarios = pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())


@all_scenarios
def test_invariants_hold_with_any_single_deviation(scenario: Scenario) -> None:
    assert explore(scenario, budget=1) > 50


@pytest.mark.parametrize("name", ["no images", "one row", "submitted twice with one idempotency key"])
def test_invariants_hold_with_two_deviations(name: str) -> None:
    assert explore(SCENARIOS[name], budget=2, share=40) > 150


def test_with_three_receives_a_throttled_function_and_one_crash_would_cost_a_good_image(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.model.scenario.RECEIVES", 3)
    with pytest.raises(AssertionError, match=r"^broken: every image that can be fetched is done"):
        explore(SCENARIOS["a throttled function"], budget=1)


@all_scenarios
def test_invariants_hold_with_many_random_deviations(scenario: Scenario) -> None:
    @settings(max_examples=25, derandomize=True, database=None)
    @given(GAPS)
    def run(gaps: list[tuple[int, int]]) -> None:
        attempt(scenario, drawn_plan(gaps))

    run()
