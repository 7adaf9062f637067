"""One of the seeds that `make chaos UPLOADS=1` runs."""

import pytest

from tests.faults.injection import EVERY_FAULT
from tests.faults.uploads import run, small_system

SEED = 3  # a short run: the client cancels while its file is read


def test_all_invariants_hold_after_any_fault_of_a_big_upload(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATALIGHT_ALLOW_PRIVATE_HOSTS", "1")
    monkeypatch.delenv("MONGODB_URI", raising=False)
    with small_system() as running:
        report = run(running, SEED, EVERY_FAULT)
    assert not report.broken, str(report)
