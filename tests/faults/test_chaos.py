"""A few of the seeds that `make chaos` runs."""

from collections.abc import Iterator

import pytest

from tests.faults.chaos import Chaos, chaos

SEEDS = (2, 12)
"""Short runs. Each has every kind of fault except a webhook receiver that never answers."""


@pytest.fixture(scope="module")
def running() -> Iterator[Chaos]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATALIGHT_ALLOW_PRIVATE_HOSTS", "1")
        patch.delenv("MONGODB_URI", raising=False)
        with chaos() as running:
            yield running


@pytest.mark.parametrize("seed", SEEDS)
def test_all_invariants_hold_after_any_fault(running: Chaos, seed: int) -> None:
    report = running.run(seed)
    assert not report.broken, str(report)
