"""The audit tools. They have their own virtual environment (see the Makefile)."""

import subprocess

from local.runner.children import PROJECT

BIN = PROJECT / ".venv-audit/bin"


def run(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a tool in the project folder; a failure does not raise."""
    return subprocess.run(
        [BIN / tool, *arguments], cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False
    )
