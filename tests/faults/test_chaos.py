"""A few seeds of the chaos that `make chaos` runs many of."""

from collections.abc import Iterator

import pytest

from tests.faults.chaos import Chaos, chaos

SEEDS = (2, 12)
"""Quick ones; each has every kind of fault but a webhook that never answers."""


@pytest.fixture(scope="module")
def running() -> Iterator[Chaos]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATALIGHT_ALLOW_PRIVATE_HOSTS", "1")
        patch.delenv("MONGODB_URI", raising=False)
        with chaos() as running:
            yield running


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_fails_the_right_state_results(running: Chaos, seed: int) -> None:
    report = running.run(seed)
    assert not report.broken, str(report)
