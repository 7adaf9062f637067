"""The template's Rules, which CloudFormation evaluates only when everything is built and uploaded."""

from collections.abc import Iterator, Mapping
from typing import Any

type Values = Mapping[str, str | list[str]]


def broken(rules: Mapping[str, Mapping[str, Any]], values: Values) -> Iterator[str]:
    """Yield the description of each assertion that does not hold for these values of the parameters."""
    for rule in rules.values():
        if "RuleCondition" in rule and not _holds(rule["RuleCondition"], values):
            continue
        for assertion in rule["Assertions"]:
            if not _holds(assertion["Assert"], values):
                yield assertion["AssertDescription"]


def _holds(condition: Mapping[str, list[Any]], values: Values) -> bool:
    [(function, arguments)] = condition.items()
    match function:
        case "Fn::Not":
            return not _holds(arguments[0], values)
        case "Fn::Equals":
            return _value(arguments[0], values) == _value(arguments[1], values)
        case "Fn::EachMemberEquals":
            wanted = _value(arguments[1], values)
            return all(member == wanted for member in _value(arguments[0], values))
    raise ValueError(f"the template's Rules use {function}, which is not evaluated here")


def _value(node: Any, values: Values) -> str | list[str]:
    """Return a text, or the value of the parameter that a node refers to."""
    found: str | list[str] = values[node["Ref"]] if isinstance(node, dict) else node
    return found
