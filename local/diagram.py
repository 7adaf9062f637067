"""Draws template.yaml as a diagram in Mermaid's language: what calls what. `local.formats` writes it.

Left out, because they would hide the rest: MongoDB, which every function uses, messages that a function sends
to a queue that feeds it, and queues of dead letters that nothing reads.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from local.runner.template import load

TEMPLATE = Path(__file__).parents[1] / "template.yaml"
_SHAPES = {
    "AWS::Serverless::HttpApi": "([{}])",
    "AWS::Serverless::Function": "[{}]",
    "AWS::SQS::Queue": "[/{}/]",
    "AWS::S3::Bucket": "[({})]",
    "AWS::CloudFront::Distribution": "([{}])",
}
_OUTSIDE = ("clients", "operators", "internet: image hosts, feeds, webhook receivers")

type Edge = tuple[str, str, str]
"""Source, target and label."""


def lines() -> Iterator[str]:
    """Yield the lines of the diagram, as a block of Markdown."""
    resources = load(TEMPLATE)["Resources"]
    edges = dict.fromkeys(_edges(resources))
    used = {name for source, target, _ in edges for name in (source, target)}
    yield "```mermaid"
    yield "flowchart LR"
    for text in _OUTSIDE:
        yield f'    {text.partition(":")[0]}(["{text}"])'
    for name, resource in resources.items():
        if name in used:
            yield f"    {name}{_SHAPES[resource['Type']].format(name)}"
    for source, target, label in edges:
        yield f"    {source} --> {target}" if not label else f'    {source} -->|"{label}"| {target}'
    yield "```"


def _edges(resources: Mapping[str, Any]) -> Iterator[Edge]:
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::Serverless::HttpApi":
                yield "clients", name, ""
            case "AWS::Serverless::Function":
                feeds = list(_feeds(name, properties))
                queues = {source for source, _, _ in feeds}
                yield from feeds
                yield from (edge for edge in _uses(name, properties, resources) if edge[1] not in queues)
                for queue in queues:
                    yield from _redriven_to(queue, resources)
            case "AWS::CloudFront::Distribution":
                yield "clients", name, "optional"
                for origin in properties["DistributionConfig"]["Origins"]:
                    yield name, origin["DomainName"]["Fn::GetAtt"][0], "images/"
            case "AWS::S3::Bucket":
                yield "clients", name, "uploads"
                for event in properties["NotificationConfiguration"]["QueueConfigurations"]:
                    yield name, event["Queue"]["Fn::GetAtt"][0], event["Filter"]["S3Key"]["Rules"][0]["Value"]


def _feeds(name: str, properties: Mapping[str, Any]) -> Iterator[Edge]:
    """Yield what invokes a function."""
    if "Events" not in properties:
        yield "operators", name, ""
    for event_name, event in properties.get("Events", {}).items():
        match event["Type"]:
            case "HttpApi":
                yield event["Properties"]["ApiId"]["Ref"], name, ""
            case "SQS":
                yield event["Properties"]["Queue"]["Fn::GetAtt"][0], name, ""
            case "ScheduleV2":
                yield f'{event_name}(["{event["Properties"]["ScheduleExpression"]}"])', name, ""


def _uses(name: str, properties: Mapping[str, Any], resources: Mapping[str, Any]) -> Iterator[Edge]:
    """Yield what a function's role lets it send to and store in, and whether it has settings of egress."""
    (policy,) = resources[properties["Role"]["Fn::GetAtt"][0]]["Properties"]["Policies"]
    prefixes = []
    for statement in policy["PolicyDocument"]["Statement"]:
        if "Resource" not in statement:  # it depends on a condition
            continue
        targets = _list(statement["Resource"])
        if "sqs:SendMessage" in _list(statement["Action"]):
            yield from ((name, target["Fn::GetAtt"][0], "") for target in targets)
        if "s3:PutObject" in _list(statement["Action"]):
            prefixes += [target["Fn::Sub"].partition("/")[2].removesuffix("*") for target in targets]
    if prefixes:
        yield name, "Bucket", " ".join(sorted(prefixes))
    if "FETCH_PORTS" in properties["Environment"]["Variables"]:
        yield name, "internet", ""


def _redriven_to(queue: str, resources: Mapping[str, Any]) -> Iterator[Edge]:
    """Yield a queue's queue of dead letters, if a function reads it."""
    if policy := resources[queue]["Properties"].get("RedrivePolicy") if queue in resources else None:
        target = policy["deadLetterTargetArn"]["Fn::GetAtt"][0]
        functions = (r["Properties"] for r in resources.values() if r["Type"] == "AWS::Serverless::Function")
        if any(source == target for function in functions for source, _, _ in _feeds("", function)):
            yield queue, target, "crashed too often"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
