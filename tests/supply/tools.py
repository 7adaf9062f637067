"""The tools of the audit, which stand in a virtual environment of their own (see the Makefile)."""

import subprocess

from local.runner.children import PROJECT

BIN = PROJECT / ".venv-audit/bin"


def run(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a tool in the project's folder; it may fail."""
    return subprocess.run(
        [BIN / tool, *arguments], cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False
    )
