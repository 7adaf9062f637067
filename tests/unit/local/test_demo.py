"""The demo tells a supplier's failures apart from faults of Catalight."""

import pytest

from local.demo import conclusion, told_apart


def test_a_missing_image_is_no_fault_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    faults, failed = told_apart({"not_found": 2, "timeout": 1})
    assert (faults, failed) == ([], ["2 x not_found", "1 x timeout"])
    assert conclusion(faults, failed) == 3
    out = capsys.readouterr().out
    assert "2 x not_found" in out
    assert "fault of Catalight" not in out


def test_our_own_faults_are_named_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    faults, failed = told_apart({"not_found": 2, "internal_error": 1})
    assert (faults, failed) == (["1 x internal_error"], ["2 x not_found"])
    assert conclusion(faults, failed) == 1
    assert "A fault of Catalight, please report it: 1 x internal_error" in capsys.readouterr().out


def test_all_well() -> None:
    assert conclusion(*told_apart({})) == 0
