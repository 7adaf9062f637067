"""The local system's plan: its functions, and what invokes them, as read back from moto."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local import aws
from local.cloudformation import Resource, create
from local.errors import LocalError
from local.schedules import Schedule, period
from local.template import Template, text


@dataclass(frozen=True)
class Function:
    """One Lambda function, its environment resolved."""

    logical_id: str
    name: str
    arn: str
    handler: str
    timeout: int
    memory: int
    environment: Mapping[str, str]


@dataclass(frozen=True)
class EventSource:
    """One event source mapping: which queue feeds which function, and how."""

    function_arn: str
    queue_arn: str
    batch_size: int
    reports_failures: bool
    maximum_concurrency: int | None


@dataclass(frozen=True)
class Stack:
    """What the template has become; `resources` are moto's names for them (a queue's is its URL)."""

    resources: Mapping[str, str]
    functions: Mapping[str, Function]
    event_sources: list[EventSource]
    schedules: list[Schedule]


class _Reader:
    """Asks moto for what it made of a stack's resources."""

    def __init__(self, resources: list[Resource], endpoint_url: str) -> None:
        self._resources = resources
        self._lambda = aws.client("lambda", endpoint_url)
        self._s3 = aws.client("s3", endpoint_url)

    def stack(self) -> Stack:
        """Everything that the runner needs to know."""
        for bucket in self._of("AWS::S3::Bucket"):
            self._notify(bucket)
        functions = [self._function(resource) for resource in self._of("AWS::Lambda::Function")]
        arns = {function.arn for function in functions}
        mappings = [self._event_source(resource) for resource in self._of("AWS::Lambda::EventSourceMapping")]
        return Stack(
            resources={item.logical_id: item.physical_id for item in self._resources if item.physical_id},
            functions={function.logical_id: function for function in functions},
            event_sources=[mapping for mapping in mappings if mapping],
            schedules=[
                schedule
                for resource in self._of("AWS::Scheduler::Schedule", "AWS::Events::Rule")
                for schedule in _schedules(resource, arns)
            ],
        )
