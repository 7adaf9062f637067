"""The functions of the local system and what invokes them, read from the stack in moto."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.runner import aws
from local.runner.cloudformation import Resource
from local.runner.errors import LocalError
from local.runner.schedules import Schedule, period
from local.runner.template import text

LINK_HEADERS = "AWS::CloudFront::ResponseHeadersPolicy"
SCHEDULES = ("AWS::Scheduler::Schedule", "AWS::Events::Rule")


@dataclass(frozen=True)
class Function:
    """A Lambda function, with the references in its environment resolved."""

    logical_id: str
    name: str
    arn: str
    handler: str
    timeout: int
    memory: int
    environment: dict[str, str]


@dataclass(frozen=True)
class EventSource:
    """An event source mapping: which queue feeds which function, and how."""

    function_arn: str
    queue_arn: str
    batch_size: int
    reports_failures: bool
    maximum_concurrency: int | None


@dataclass(frozen=True)
class Stack:
    """The created stack; `resources` maps logical ids to moto's names (a queue's is its URL)."""

    resources: Mapping[str, str]
    functions: Mapping[str, Function]
    event_sources: list[EventSource]
    schedules: list[Schedule]
    link_headers: Mapping[str, Any] | None
    """The policy of response headers of the distribution that serves image links, if there is one."""


def read(resources: Sequence[Resource], endpoint_url: str) -> Stack:
    """Read the stack from moto, turn off moto's event sources, then set what it ignores of buckets."""
    lambda_, s3 = aws.client("lambda", endpoint_url), aws.client("s3", endpoint_url)
    physical_ids: dict[str, str] = {}
    functions: dict[str, Function] = {}
    event_sources: list[EventSource] = []
    schedules: list[Schedule] = []
    for resource in resources:
        if resource.physical_id:
            physical_ids[resource.logical_id] = resource.physical_id
        if resource.type == "AWS::Lambda::Function":
            functions[resource.logical_id] = _function(resource, lambda_)
        elif resource.type == "AWS::Lambda::EventSourceMapping":
            event_sources += _event_sources(resource, lambda_)
        elif resource.type in SCHEDULES:
            schedules += _schedules(resource)
    for resource in resources:
        # Last, because S3 sends a test message, which the runner must deliver.
        if resource.type == "AWS::S3::Bucket":
            _allow_pages(resource, s3)
            _notify(resource, s3)
    arns = {function.arn for function in functions.values()}
    for schedule in schedules:
        if schedule.function_arn not in arns:
            raise LocalError(f"{schedule.name}: a schedule of the local runner can only invoke a function.")
    policies = (resource.resolved for resource in resources if resource.type == LINK_HEADERS)
    return Stack(physical_ids, functions, event_sources, schedules, next(policies, None))


def _function(resource: Resource, client: Any) -> Function:
    found = client.get_function_configuration(FunctionName=resource.physical_id)
    variables = found.get("Environment", {}).get("Variables", {})
    function = Function(
        logical_id=resource.logical_id,
        name=found["FunctionName"],
        arn=found["FunctionArn"],
        handler=found["Handler"],
        timeout=int(found["Timeout"]),
        memory=int(found["MemorySize"]),
        environment={name: text(value) for name, value in variables.items()} | _logging(resource),
    )
    wanted = resource.properties.get("Environment", {}).get("Variables", {})
    for name, value in wanted.items():
        # moto omits, or leaves unresolved, a value that refers to something that it did not create
        absent = name not in function.environment and "AWS::NoValue" not in json.dumps(value)
        if absent or "${" in function.environment.get(name, ""):
            raise LocalError(
                f"{resource.logical_id}'s environment variable {name} refers to something "
                f"that the local system does not have: {json.dumps(value)}"
            )
    return function


def _logging(resource: Resource) -> dict[str, str]:
    """Return the variables that Lambda sets by a function's LoggingConfig, which moto does not know."""
    config = resource.resolved.get("LoggingConfig", {})
    found = {"LOG_FORMAT": config.get("LogFormat"), "LOG_LEVEL": config.get("ApplicationLogLevel")}
    return {f"AWS_LAMBDA_{name}": value for name, value in found.items() if value}


def _event_sources(resource: Resource, client: Any) -> Iterator[EventSource]:
    """Yield the mapping if it is enabled; turn off moto's own, which would run the function in Docker."""
    found = client.get_event_source_mapping(UUID=resource.physical_id)
    client.update_event_source_mapping(UUID=resource.physical_id, Enabled=False)
    if ":sqs:" not in found["EventSourceArn"] or "FilterCriteria" in found:
        raise LocalError(
            f"{resource.logical_id}: the local runner supports only queues as event sources, without filters."
        )
    if found["State"] == "Enabled":
        limit = found.get("ScalingConfig", {}).get("MaximumConcurrency")
        yield EventSource(
            function_arn=found["FunctionArn"],
            queue_arn=found["EventSourceArn"],
            batch_size=int(found["BatchSize"]),
            reports_failures="ReportBatchItemFailures" in found.get("FunctionResponseTypes", []),
            maximum_concurrency=int(limit) if limit else None,
        )


def _schedules(resource: Resource) -> Iterator[Schedule]:
    """Yield the schedule, if it is enabled, once for each of its targets."""
    if resource.resolved.get("State", "ENABLED") == "ENABLED":
        every = period(resource.logical_id, resource.resolved.get("ScheduleExpression", ""))
        for target in resource.resolved.get("Targets") or [resource.resolved["Target"]]:
            payload = json.loads(target["Input"]) if "Input" in target else None
            yield Schedule(resource.logical_id, every, target.get("Arn", ""), payload)


def _allow_pages(bucket: Resource, client: Any) -> None:
    """Set a bucket's CORS rules, also through S3's API, which has other names for two of their fields."""
    rules = [
        {
            {"ExposedHeaders": "ExposeHeaders", "MaxAge": "MaxAgeSeconds"}.get(name, name): value
            for name, value in rule.items()
        }
        for rule in bucket.resolved.get("CorsConfiguration", {}).get("CorsRules", [])
    ]
    if rules:
        client.put_bucket_cors(Bucket=bucket.physical_id, CORSConfiguration={"CORSRules": rules})


def _notify(bucket: Resource, client: Any) -> None:
    """Set a bucket's notifications through S3's API, because moto's CloudFormation does not."""
    wanted = bucket.resolved.get("NotificationConfiguration", {})
    if others := wanted.keys() - {"QueueConfigurations"}:
        raise LocalError(
            f"{bucket.logical_id}: buckets can only notify queues here, not {', '.join(sorted(others))}."
        )
    configurations = [
        {
            "QueueArn": entry["Queue"],
            "Events": [entry["Event"]],
            "Filter": {"Key": {"FilterRules": entry.get("Filter", {}).get("S3Key", {}).get("Rules", [])}},
        }
        for entry in wanted.get("QueueConfigurations", [])
    ]
    if configurations:
        client.put_bucket_notification_configuration(
            Bucket=bucket.physical_id, NotificationConfiguration={"QueueConfigurations": configurations}
        )
