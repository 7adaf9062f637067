"""Translates a SAM template into a CloudFormation template that moto can create."""

import base64
import io
import re
import zipfile
from collections.abc import Collection, Mapping
from typing import Any

from samtranslator.internal.managed_policies import (
    get_bundled_managed_policy_map,
)
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from local.runner import aws
from local.runner.errors import LocalError
from local.runner.template import Template

CODE = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}
RELEASES = ("AutoPublishAlias", "AutoPublishCodeSha256", "DeploymentPreference", "SnapStart")


def to_cloudformation(template: Template, values: Mapping[str, str]) -> Template:
    """Translate SAM's resources into CloudFormation's as a deployment does, without uploading code."""
    for resource in template["Resources"].values():
        if (code := CODE.get(resource.get("Type"))) is not None:
            resource.setdefault("Properties", {})[code] = "s3://local/code"  # local paths are rejected
    translator = Translator(get_bundled_managed_policy_map("aws"), Parser(), boto_session=aws.session())
    try:
        translated: Template = translator.translate(template, dict(values))
    except InvalidDocumentException as error:
        reasons = "; ".join(str(cause.message) for cause in error.causes)
        raise LocalError(f"SAM rejects the template: {reasons}") from error
    return translated


def translate(template: Template, values: Mapping[str, str], api_url: str) -> Template:
    """Translate the template for the local runner, with the local API's URL in place of API Gateway's.

    It takes the place of CloudFront's domain, too, because the same server answers for both. The functions'
    code is left out, because it runs from the working tree: in one version, without an alias.
    """
    for resource in template["Resources"].values():
        if resource.get("Type") == "AWS::Serverless::Function":
            given = resource.get("Properties", {}).items()
            resource["Properties"] = {name: value for name, value in given if name not in RELEASES}
    translated = to_cloudformation(template, values)
    apis, domains = [], []
    for logical_id, resource in translated["Resources"].items():
        match resource["Type"]:
            case "AWS::Lambda::Function":
                resource["Properties"]["Code"] = {"ZipFile": "# runs from the working tree"}
            case "AWS::Lambda::LayerVersion":
                resource["Properties"]["Content"] = {"ZipFile": _empty_zip()}
            case "AWS::ApiGatewayV2::Api":
                apis.append(logical_id)
            case "AWS::CloudFront::Distribution":
                domains += [alias["Ref"] for alias in resource["Properties"]["DistributionConfig"]["Aliases"]]
    resources = {
        name: _localize(resource, apis, domains, api_url)
        for name, resource in translated["Resources"].items()
    }
    return translated | {"Resources": resources}


def _localize(node: Any, apis: Collection[str], domains: Collection[str], api_url: str) -> Any:
    """Replace an HTTP API's URL with the local one, in a !GetAtt and in both spellings inside a !Sub.

    In a !Sub, also that of a domain, which is named by a parameter. A function's newest version is $LATEST.
    """
    match node:
        case {"Fn::GetAtt": [str(name), "ApiEndpoint"]} if name in apis:
            return api_url
        case {"Fn::GetAtt": [_, "Version.Version"]}:
            return "$LATEST"
        case {"Fn::Sub": str(text)}:
            for name in apis:
                host = rf"https://\${{{name}}}\.execute-api\.\${{AWS::Region}}\.(amazonaws\.com|\${{AWS::URLSuffix}})"
                text = re.sub(rf"\${{{name}\.ApiEndpoint}}|{host}", api_url, text)
            for name in domains:
                text = text.replace(f"https://${{{name}}}", api_url)
            return {"Fn::Sub": text}
        case dict():
            return {key: _localize(value, apis, domains, api_url) for key, value in node.items()}
        case list():
            return [_localize(value, apis, domains, api_url) for value in node]
    return node


def _empty_zip() -> str:
    archive = io.BytesIO()
    zipfile.ZipFile(archive, "w").close()
    return base64.b64encode(archive.getvalue()).decode("ascii")
