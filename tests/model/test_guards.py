"""If any one guard is removed, the model finds a run in which an invariant breaks."""

import pytest

from tests.model.explore import explore
from tests.model.guards import GUARDS, Guard
from tests.model.scenarios import SCENARIOS


@pytest.mark.parametrize("guard", GUARDS, ids=str)
def test_removing_a_guard_breaks_an_invariant(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard.owner, guard.method, guard.removed())
    with pytest.raises(AssertionError, match=r"^broken: (?!\S+ raised)"):
        explore(SCENARIOS[guard.scenario], guard.deviations)
