"""The template's default values, which the models compute with."""

import re

from bench.candidates import ROOT

TEMPLATE = (ROOT / "template.yaml").read_text()


def default(parameter: str) -> int:
    """Return the default of a number among the template's parameters. Needs no library that reads YAML."""
    found = re.search(rf"^  {parameter}:\n    Type: Number\n    Default: (\d+)$", TEMPLATE, re.MULTILINE)
    if not found:
        raise ValueError(f"the template has no number {parameter}")
    return int(found[1])
