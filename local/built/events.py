"""Which function of the template an event of `events/` is for."""

from collections.abc import Iterator
from typing import Any

from local.runner.errors import LocalError
from local.runner.template import Template

type Source = tuple[str, str, dict[str, Any]]
"""A function, the name of one of its event sources, and that source."""


def function_of(event: dict[str, Any], template: Template) -> str:
    """Return the logical id of the function that AWS would invoke with `event`.

    The template's event sources tell it; an event of none of them is for the function that has none, which
    operators invoke themselves. Raise LocalError if that is not exactly one function.
    """
    sources = list(_sources(template))
    if records := event.get("Records"):
        queue = records[0].get("eventSourceARN", "").rpartition(":")[2]
        found = [name for name, _, source in sources if _queue(source) == queue]
    elif "requestContext" in event:
        found = [name for name, _, source in sources if source["Type"] == "HttpApi"]
    elif resources := event.get("resources"):
        found = [name for name, key, _ in sources if resources[0].endswith(f"/{name}{key}")]
    else:
        invoked = {name for name, _, _ in sources}
        found = [name for name in _functions(template) if name not in invoked]
    if len(found) != 1:
        raise LocalError(f"The event is for no function of the template, or for more than one: {found}.")
    return found[0]


def _functions(template: Template) -> dict[str, dict[str, Any]]:
    """Return the properties of the template's functions, by logical id."""
    return {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def _sources(template: Template) -> Iterator[Source]:
    for name, properties in _functions(template).items():
        for key, source in properties.get("Events", {}).items():
            yield name, key, source


def _queue(source: dict[str, Any]) -> str | None:
    """Return the logical id of the queue of an event source, or None if it is no queue."""
    return source["Properties"]["Queue"]["Fn::GetAtt"][0] if source["Type"] == "SQS" else None
