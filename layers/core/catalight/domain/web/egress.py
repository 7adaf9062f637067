"""The egress policy: which hosts and ports a deployment may call, and with which user agent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from catalight.domain.errors import ConfigurationError

_DEFAULT_PORTS = frozenset({80, 443})


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """Which hosts and ports may be called.

    `private_hosts` allows all addresses and ports, for local runs. Otherwise `ports` are allowed in addition
    to 80 and 443. `contact` is a URL for the user agent. `request_headers` allows jobs to set a User-Agent
    and a Referer.
    """

    private_hosts: bool = False
    ports: frozenset[int] = frozenset()
    contact: str = ""
    request_headers: bool = True

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Self:
        """Read the policy from a function's environment. Raise ConfigurationError if it is invalid."""
        private_hosts = variables.get("CATALIGHT_ALLOW_PRIVATE_HOSTS") == "1"
        if private_hosts and _on_aws(variables):
            raise ConfigurationError("CATALIGHT_ALLOW_PRIVATE_HOSTS is for local runs only; unset it on AWS.")
        ports = variables.get("FETCH_PORTS", "")
        return cls(
            private_hosts,
            _ports(ports),
            variables.get("CONTACT_URL", ""),
            request_headers=variables.get("REQUEST_HEADERS", "true") == "true",
        )

    @property
    def user_agent(self) -> str:
        """The User-Agent header: who sends the request, and where to complain."""
        return f"Catalight/1.0 ({f'+{self.contact}' if self.contact else 'product image compressor'})"

    @property
    def allows_http_webhooks(self) -> bool:
        """Whether a webhook may use http: on one machine there is no network on which it could be read."""
        return self.private_hosts

    def allows_port(self, port: int) -> bool:
        """Return whether a host may be called at this port."""
        return self.private_hosts or port in self._open_ports

    @property
    def allowed_ports(self) -> str:
        """The allowed ports, as text for a sentence."""
        *most, last = map(str, sorted(self._open_ports))
        return f"{', '.join(most)} and {last}"

    @property
    def _open_ports(self) -> frozenset[int]:
        return _DEFAULT_PORTS | self.ports


def _on_aws(variables: Mapping[str, str]) -> bool:
    """Return whether this runs on AWS. Lambda always sets the first variable; SAM sets the second."""
    return "AWS_LAMBDA_RUNTIME_API" in variables and variables.get("AWS_SAM_LOCAL") != "true"


def _ports(text: str) -> frozenset[int]:
    ports = text.split(",") if text else []
    if not all(port.isdecimal() and 0 < int(port) < 65536 for port in ports):
        raise ConfigurationError(
            f"FETCH_PORTS must be comma-separated numbers from 1 to 65535, not {text!r}."
        )
    return frozenset(map(int, ports))
