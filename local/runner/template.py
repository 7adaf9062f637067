"""Reads template.yaml and the values of its parameters."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from samtranslator.yaml_helper import yaml_parse

from local.runner.errors import LocalError

Template = dict[str, Any]


def load(path: Path) -> Template:
    """Read a template, with CloudFormation's short forms such as !Ref; raise LocalError if it is invalid."""
    try:
        template = yaml_parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LocalError(f"{path} cannot be read: {error.strerror}.") from error
    except yaml.YAMLError as error:
        raise LocalError(f"{path} is not YAML: {error}") from error
    if not isinstance(template, dict) or not isinstance(template.get("Resources"), dict):
        raise LocalError(f"{path} is not a template: it has no Resources.")
    return template


def parameters(template: Template, overrides: Mapping[str, object]) -> dict[str, str]:
    """Return the value of each parameter of the template: the override, or else the default."""
    declared: dict[str, dict[str, Any]] = template.get("Parameters", {})
    if unknown := overrides.keys() - declared.keys():
        raise LocalError(f"The template has no parameter {', '.join(sorted(unknown))}.")
    defaults = {name: entry["Default"] for name, entry in declared.items() if "Default" in entry}
    if missing := declared.keys() - defaults.keys() - overrides.keys():
        raise LocalError(f"The template needs a value for {', '.join(sorted(missing))}.")
    return {name: text(value) for name, value in (defaults | dict(overrides)).items()}


def text(value: object) -> str:
    """Return a value as CloudFormation passes it on, which is always text."""
    return str(value).lower() if isinstance(value, bool) else str(value)
