"""What is to be deployed, as the checks see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from local import options

_declared = cache(options.declared)


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

    def value(self, name: str) -> str:
        """Return the value of a parameter: the given one, or else the default."""
        return str(self.given.get(name, _declared()[name]["Default"]))

    def values(self, name: str) -> list[str]:
        """Return the values of a parameter that has several, separated by commas."""
        return [one for one in self.value(name).split(",") if one]

    def numbers(self) -> dict[str, float]:
        """Return the values of all parameters that are numbers."""
        return options.numbers(_declared(), self.given)

    def secret(self, arn: str) -> str:
        """Return the text of a secret; raise ProblemError if it is of another region."""
        client = self.client("secretsmanager")
        if arn.split(":")[3:4] != [client.meta.region_name]:
            raise ProblemError(f"{arn or 'the ARN'} is not of the region {client.meta.region_name}")
        text: str = client.get_secret_value(SecretId=arn)["SecretString"]
        return text
