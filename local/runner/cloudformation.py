"""Creates a stack from a translated template in moto's CloudFormation."""

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
    "AWS::Scheduler::": "the runner invokes the schedules",
    "AWS::SQS::QueuePolicy": "moto checks no permissions",
    "AWS::S3::BucketPolicy": "moto checks no permissions",
    "AWS::SNS::TopicPolicy": "moto checks no permissions",
    "AWS::SNS::Subscription": "nobody is notified of alarms",
    "AWS::Logs::": "each function logs to a file",
    "AWS::Lambda::EventInvokeConfig": "a failed invocation of a schedule is logged and not retried",
    "AWS::CloudFront::": "the runner serves image links (edge.py)",
}
"""Resource types that moto need not create, by the prefix of their names, each with the reason."""

WITHHELD = "AWS::CloudWatch::"
"""The types that moto is not even told of: there are no metrics to watch, and it knows no ARNs of alarms."""


@dataclass(frozen=True)
class Resource:
    """A resource of the stack: `physical_id` is moto's name for it, or None if moto did not create it."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]
    physical_id: str | None
    resolved: Any
    """Those of its properties that the runner has to implement, with every reference resolved."""


def create(template: Template, values: Mapping[str, str], endpoint_url: str) -> list[Resource]:
    """Create the stack and return its resources; raise LocalError for one that is not supported."""
    declared: dict[str, dict[str, Any]] = {
        name: entry for name, entry in template["Resources"].items() if not entry["Type"].startswith(WITHHELD)
    }
    outputs = dict(_outputs(declared))
    client = aws.client("cloudformation", endpoint_url)
    try:
        client.create_stack(
            StackName=STACK,
            TemplateBody=json.dumps(template | {"Resources": declared, "Outputs": outputs}),
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


def _outputs(declared: Mapping[str, dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Yield an output for each resource: moto returns it, references resolved, if its condition holds."""
    for logical_id, entry in declared.items():
        condition = {"Condition": entry["Condition"]} if "Condition" in entry else {}
        yield logical_id, {"Value": {"Fn::ToJsonString": _ignored_by_moto(entry)}, **condition}


def _ignored_by_moto(entry: Mapping[str, Any]) -> Any:
    """Return the properties of a resource that the runner implements and moto's CloudFormation ignores."""
    properties = entry.get("Properties", {})
    match entry["Type"]:
        case "AWS::Scheduler::Schedule" | "AWS::Events::Rule":
            return properties
        case "AWS::S3::Bucket":
            names = ("NotificationConfiguration", "CorsConfiguration")
            return {name: properties[name] for name in names if name in properties}
        case "AWS::CloudFront::ResponseHeadersPolicy":
            return properties["ResponseHeadersPolicyConfig"]
    return {}
