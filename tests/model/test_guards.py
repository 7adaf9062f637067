"""Take out any one guard, and the model tells a story in which a law breaks."""

import pytest

from tests.model.explore import explore
from tests.model.guards import GUARDS, Guard
from tests.model.scenarios import SCENARIOS


@pytest.mark.parametrize("guard", GUARDS, ids=str)
def test_without_it_a_law_breaks(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard.owner, guard.method, guard.taken_out())
    with pytest.raises(AssertionError, match=r"^broken: (?!\S+ raised)"):
        explore(SCENARIOS[guard.scenario], guard.deviations)
