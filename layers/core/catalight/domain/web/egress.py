"""What a deployment may call: which hosts and ports, and as whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from catalight.domain.errors import ConfigurationError

_WEB = frozenset({80, 443})


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """`private_hosts` opens all addresses and ports, for runs on one machine; else `ports` are open too."""

    private_hosts: bool = False
    ports: frozenset[int] = frozenset()
    contact: str = ""

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Self:
        """What a function's environment tells; raise ConfigurationError where it must not be so."""
        private_hosts = variables.get("CATALIGHT_ALLOW_PRIVATE_HOSTS") == "1"
        if private_hosts and _on_aws(variables):
            raise ConfigurationError("CATALIGHT_ALLOW_PRIVATE_HOSTS is for one machine; unset it on AWS.")
        ports = variables.get("FETCH_PORTS", "")
        return cls(private_hosts, _ports(ports), variables.get("CONTACT_URL", ""))

    @property
    def user_agent(self) -> str:
        """Who asks, and where to complain."""
        return f"Catalight/1.0 ({f'+{self.contact}' if self.contact else 'product picture compressor'})"

    @property
    def allows_http_webhooks(self) -> bool:
        """Whether a webhook may go over http: on one machine it has no way to be overheard on."""
        return self.private_hosts

    def allows_port(self, port: int) -> bool:
        """Whether a host may be called at this port."""
        return self.private_hosts or port in self._open

    @property
    def allowed_ports(self) -> str:
        """The ports that are taken, for a sentence."""
        *most, last = map(str, sorted(self._open))
        return f"{', '.join(most)} and {last}"

    @property
    def _open(self) -> frozenset[int]:
        return _WEB | self.ports


def _on_aws(variables: Mapping[str, str]) -> bool:
    """No function runs on Lambda without the first; SAM's containers set the second."""
    return "AWS_LAMBDA_RUNTIME_API" in variables and variables.get("AWS_SAM_LOCAL") != "true"


def _ports(text: str) -> frozenset[int]:
    ports = text.split(",") if text else []
    if not all(port.isdecimal() and 0 < int(port) < 65536 for port in ports):
        raise ConfigurationError(f"FETCH_PORTS is to be numbers from 1 to 65535, with commas, not {text!r}.")
    return frozenset(map(int, ports))
