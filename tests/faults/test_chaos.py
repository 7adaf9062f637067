"""A seed of `make chaos`, and one of a fault that is rare."""

from collections.abc import Iterator

import pytest

from tests.faults.chaos import Chaos, chaos
from tests.faults.injection import Fault

SEED = 2
"""It has every kind of fault except a webhook receiver that never answers."""
THROTTLED = 38  # a seed with ranges that are received three times before their function starts


@pytest.fixture(scope="module")
def running() -> Iterator[Chaos]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATALIGHT_ALLOW_PRIVATE_HOSTS", "1")
        patch.delenv("MONGODB_URI", raising=False)
        with chaos() as running:
            yield running


def test_all_invariants_hold_after_any_fault(running: Chaos) -> None:
    report = running.run(SEED)
    assert not report.broken, str(report)


def test_no_image_is_given_up_because_lambda_did_not_start_its_function(running: Chaos) -> None:
    """With three receives, such a message would be a dead letter, and its images `gave_up`."""
    report = running.run(THROTTLED, frozenset({Fault.THROTTLING}))
    assert report.injected["lambda not started at 3 receives"], str(report.injected)
    assert not report.broken, str(report)
