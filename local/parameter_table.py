"""Writes the parameters of template.yaml as a table. `local.formats` writes it into docs/deploy.md."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from local.runner.template import load

TEMPLATE = Path(__file__).parents[1] / "template.yaml"


def lines() -> Iterator[str]:
    """Yield the lines of the table, in the groups and the order that CloudFormation's console shows."""
    template = load(TEMPLATE)
    yield "| parameter | default | values | |"
    yield "|---|---|---|---|"
    for group in template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]:
        yield f"| **{group['Label']['default']}** | | | |"
        for name in group["Parameters"]:
            declared = template["Parameters"][name]
            default = _code(declared["Default"]) if "Default" in declared else "required"
            yield f"| `{name}` | {default} | {_values(declared)} | {declared['Description']} |"


def _values(declared: Mapping[str, Any]) -> str:
    if "AllowedValues" in declared:
        return ", ".join(map(_code, declared["AllowedValues"]))
    if declared["Type"] == "Number":
        least, most = declared.get("MinValue"), declared.get("MaxValue")
        return f"{least:,} to {most:,}" if most is not None else f"from {least:,}"
    return ""


def _code(value: object) -> str:
    return f"`{value}`" if value != "" else "empty"
