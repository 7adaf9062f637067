"""template.yaml as CloudFormation sees it: its parameters, and its SAM resources translated."""

import base64
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from samtranslator.internal.managed_policies import (  # type: ignore[import-untyped]
    get_bundled_managed_policy_map,
)
from samtranslator.model.exceptions import InvalidDocumentException  # type: ignore[import-untyped]
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

from local import aws
from local.errors import LocalError

Template = dict[str, Any]

CODE = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}


def load(path: Path) -> Template:
    """Reads a template, with CloudFormation's short forms such as !Ref."""
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
    """The value of every parameter of the template: the override, or else the default."""
    declared: dict[str, dict[str, Any]] = template.get("Parameters", {})
    if unknown := overrides.keys() - declared.keys():
        raise LocalError(f"The template has no parameter {', '.join(sorted(unknown))}.")
    defaults = {name: entry["Default"] for name, entry in declared.items() if "Default" in entry}
    if missing := declared.keys() - defaults.keys() - overrides.keys():
        raise LocalError(f"These template parameters have no default and need a value: {sorted(missing)}.")
    return {name: text(value) for name, value in (defaults | dict(overrides)).items()}


def translate(template: Template, values: Mapping[str, str]) -> Template:
    """Turns SAM resources into CloudFormation's; their code stays out, it runs from the working tree."""
    for resource in template["Resources"].values():
        if (code := CODE.get(resource.get("Type"))) is not None:
            resource.setdefault("Properties", {})[code] = "s3://local/code"  # a local path is refused
    translator = Translator(get_bundled_managed_policy_map("aws"), Parser(), boto_session=aws.session())
    try:
        translated: Template = translator.translate(template, dict(values))
    except InvalidDocumentException as error:
        reasons = "; ".join(str(cause.message) for cause in error.causes) or error.message
        raise LocalError(f"SAM refuses the template: {reasons}") from error
    for resource in translated["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            resource["Properties"]["Code"] = {"ZipFile": "# runs from the working tree"}
        elif resource["Type"] == "AWS::Lambda::LayerVersion":
            resource["Properties"]["Content"] = {"ZipFile": _empty_zip()}
    return translated


def text(value: object) -> str:
    """A value as CloudFormation passes it on: everything is text there."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _empty_zip() -> str:
    archive = io.BytesIO()
    zipfile.ZipFile(archive, "w").close()
    return base64.b64encode(archive.getvalue()).decode("ascii")
