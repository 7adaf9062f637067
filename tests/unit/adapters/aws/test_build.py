"""A layer that `sam build` made alone is told from one that `make build` finished."""

import compileall
import platform
import sys
from pathlib import Path

import pytest

from catalight.adapters.aws.build import faults


@pytest.mark.skipif(sys.platform != "linux", reason="the C library is for Linux")
def test_a_build_says_what_it_lacks(tmp_path: Path) -> None:
    (tmp_path / "adapters/codec").mkdir(parents=True)
    (tmp_path / "__init__.py").touch()
    missing = [fault.split(",")[0] for fault in faults(tmp_path)]
    assert missing == ["The layer has no C library", "The functions have no bytecode"]
    (tmp_path / f"adapters/codec/native-{platform.machine()}.elf").touch()
    compileall.compile_dir(tmp_path, quiet=1)
    assert not list(faults(tmp_path))
