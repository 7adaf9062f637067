"""The template's default values, which the models compute with."""

from typing import Any

from bench.candidates import ROOT
from local.runner.template import load

TEMPLATE: dict[str, Any] = load(ROOT / "template.yaml")


def default(parameter: str) -> int:
    """Return the default of a number among the template's parameters."""
    return int(TEMPLATE["Parameters"][parameter]["Default"])
