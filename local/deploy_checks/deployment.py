"""What is to be deployed, as the checks see it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Protocol

from local import options, stacks
from local.deploy_checks import rules
from local.runner.children import PROJECT
from local.runner.system import MONGODB_PARAMETER, WEBHOOK_PARAMETER
from local.runner.template import Template, load

_declared = cache(options.declared)


@cache
def _template() -> Template:
    return load(PROJECT / "template.yaml")


class ProblemError(Exception):
    """What would fail, and what to do."""


class Clients(Protocol):
    """Clients of the account, of its region if no other is named."""

    def __call__(self, service_name: str, /, region_name: str | None = None) -> Any:
        """Return a client of boto3."""


@dataclass(frozen=True)
class Deployment:
    """A stack, the ARNs of its secrets and its other parameters, as given to `make deploy`."""

    stack: str
    mongodb_secret: str
    webhook_secret: str
    given: Mapping[str, str]
    client: Clients

    @cached_property
    def described(self) -> dict[str, Any] | None:
        """The stack as CloudFormation describes it; None if it does not exist."""
        return stacks.find(self.stack, self.client("cloudformation"))

    @cached_property
    def present(self) -> dict[str, str]:
        """The values of a stack that exists, which stay as they are if no others are given."""
        values = stacks.parameters(self.described or {})
        return {name: value for name, value in values.items() if name in _declared()}

    def refused(self) -> str:
        """Return the values that would stay and that the template no longer allows, and what is allowed."""
        kept = {name: value for name, value in self.present.items() if name not in self.given}
        problems = {name: options.problem_of(_declared()[name], value) for name, value in kept.items()}
        return "; ".join(f"{name} is {kept[name]}, must be {what}" for name, what in problems.items() if what)

    def value(self, name: str) -> str:
        """Return the value of a parameter: the given one, the stack's, or else the default."""
        return str({**self.present, **self.given}.get(name, _declared()[name]["Default"]))

    def values(self, name: str) -> list[str]:
        """Return the values of a parameter that has several, separated by commas."""
        return [one for one in self.value(name).split(",") if one]

    def numbers(self) -> dict[str, float]:
        """Return the values of all parameters that are numbers."""
        return options.numbers(_declared(), {**self.present, **self.given})

    def broken_rules(self) -> Iterator[str]:
        """Yield what the template's Rules say against the values together."""
        every: dict[str, str | list[str]] = {}
        for name, entry in _declared().items():
            value = self.value(name)
            every[name] = value.split(",") if entry["Type"] == "CommaDelimitedList" else value
        secrets = {MONGODB_PARAMETER: self.mongodb_secret, WEBHOOK_PARAMETER: self.webhook_secret}
        yield from rules.broken(_template()["Rules"], every | secrets)

    def secret(self, arn: str) -> str:
        """Return the text of a secret; raise ProblemError if its ARN is of another region or not whole.

        Secrets Manager finds a secret also without the end of its ARN, but roles allow only the whole one.
        """
        client = self.client("secretsmanager")
        if arn.split(":")[3:4] != [client.meta.region_name]:
            raise ProblemError(f"{arn} is not of the region {client.meta.region_name}")
        found = client.get_secret_value(SecretId=arn)
        if found["ARN"] != arn:
            raise ProblemError(f"{arn} is not the whole ARN, which is {found['ARN']}")
        text: str = found.get("SecretString", "")  # a binary one has none
        return text
