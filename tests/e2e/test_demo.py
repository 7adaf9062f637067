"""The demo, as a newcomer runs it: it checks itself all that comes out."""

import subprocess
import sys

from local.runner.children import PROJECT


def test_everything_comes_out_as_expected() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "local.demo"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "Everything came out as expected" in " ".join(ran.stdout.split())
