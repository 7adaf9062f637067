"""The demo as a new user runs it; the demo checks its own results."""

import subprocess
import sys

from local.runner.children import PROJECT


def test_the_demo_succeeds() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "local.demo"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "All results are as expected" in " ".join(ran.stdout.split())
