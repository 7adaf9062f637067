"""A translated template as a stack in moto's CloudFormation."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from local.runner import aws
from local.runner.errors import LocalError
from local.runner.template import Template

STACK = "local"

SKIPPED = {
    "AWS::ApiGatewayV2::": "uvicorn serves the API",
    "AWS::Scheduler::": "the runner keeps the schedules",
    "AWS::SQS::QueuePolicy": "moto lets everyone in",
    "AWS::S3::BucketPolicy": "moto lets everyone in",
    "AWS::SNS::TopicPolicy": "moto lets everyone in",
    "AWS::SNS::Subscription": "nobody is to be told of alarms",
    "AWS::CloudWatch::": "the metrics that alarms watch are not there",
    "AWS::Logs::": "each function logs to a file",
    "AWS::Lambda::EventInvokeConfig": "a schedule's failed invocation is logged and not tried again",
    "AWS::CloudFront::": "images come from moto's S3 directly",
}
"""What moto need not create, by how its type's name begins, each with the reason why not."""


@dataclass(frozen=True)
class Resource:
    """A resource of the stack: `physical_id` is moto's name for it, if moto made it."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]
    physical_id: str | None
    resolved: Any
    """What of its properties the runner has to see to, with every reference resolved."""


def create(template: Template, values: Mapping[str, str], endpoint_url: str) -> list[Resource]:
    """Creates the stack and tells what it holds; refuses what neither moto nor the runner can do."""
    declared: dict[str, dict[str, Any]] = template["Resources"]
    questions = dict(_questions(declared))
    client = aws.client("cloudformation", endpoint_url)
    try:
        client.create_stack(
            StackName=STACK,
            TemplateBody=json.dumps(template | {"Outputs": questions}),
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()],
        )
        found = client.describe_stack_resources(StackName=STACK)["StackResources"]
        answers = client.describe_stacks(StackName=STACK)["Stacks"][0]["Outputs"]
    except ClientError as error:
        raise LocalError(f"moto cannot create the stack: {error}") from error
    physical = {entry.get("LogicalResourceId"): entry.get("PhysicalResourceId") for entry in found}
    resolved = {answer["OutputKey"]: json.loads(answer["OutputValue"]) for answer in answers}
    for logical_id in resolved.keys() - physical.keys():
        kind = declared[logical_id]["Type"]
        if not kind.startswith(tuple(SKIPPED)):
            raise LocalError(
                f"{logical_id} is an {kind}, which moto does not create. If the local system can do "
                "without it, add it to SKIPPED in local/runner/cloudformation.py with the reason."
            )
    return [
        Resource(
            name, declared[name]["Type"], declared[name].get("Properties", {}), physical.get(name), answer
        )
        for name, answer in resolved.items()
    ]


def _questions(declared: Mapping[str, dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    """A stack output for each resource: moto gives those whose condition holds, with references resolved."""
    for logical_id, entry in declared.items():
        condition = {"Condition": entry["Condition"]} if "Condition" in entry else {}
        yield logical_id, {"Value": {"Fn::ToJsonString": _ignored_by_moto(entry)}, **condition}


def _ignored_by_moto(entry: Mapping[str, Any]) -> Any:
    """Those properties of a resource that moto's CloudFormation does nothing with, but the runner does."""
    properties = entry.get("Properties", {})
    match entry["Type"]:
        case "AWS::Scheduler::Schedule" | "AWS::Events::Rule":
            return properties
        case "AWS::S3::Bucket":
            return properties.get("NotificationConfiguration", {})
    return {}
