"""Which hosts and ports a deployment may call, according to its environment variables."""

import pytest

from catalight.domain.errors import ConfigurationError
from catalight.domain.web.egress import EgressPolicy

SWITCH = {"CATALIGHT_ALLOW_PRIVATE_HOSTS": "1"}
LAMBDA = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001"}


def test_the_default_allows_only_the_public_web() -> None:
    egress = EgressPolicy.read({})
    assert egress == EgressPolicy.read({"FETCH_PORTS": "", "CONTACT_URL": ""}) == EgressPolicy()
    assert not egress.allows_http_webhooks
    assert [port for port in range(65536) if egress.allows_port(port)] == [80, 443]


def test_private_hosts_are_refused_on_aws() -> None:
    with pytest.raises(ConfigurationError, match="CATALIGHT_ALLOW_PRIVATE_HOSTS"):
        EgressPolicy.read(SWITCH | LAMBDA)


@pytest.mark.parametrize("variables", [{}, LAMBDA | {"AWS_SAM_LOCAL": "true"}])
def test_private_hosts_can_be_allowed_locally(variables: dict[str, str]) -> None:
    egress = EgressPolicy.read(SWITCH | variables)
    assert egress.private_hosts
    assert egress.allows_http_webhooks
    assert egress.allows_port(41179)


@pytest.mark.parametrize("value", ["", "0", "true", "01"])
def test_only_the_value_1_allows_private_hosts(value: str) -> None:
    assert not EgressPolicy.read(LAMBDA | {"CATALIGHT_ALLOW_PRIVATE_HOSTS": value}).private_hosts


def test_additional_ports_are_allowed() -> None:
    egress = EgressPolicy.read({"FETCH_PORTS": "8443,8080"})
    assert [port for port in range(65536) if egress.allows_port(port)] == [80, 443, 8080, 8443]
    assert egress.allowed_ports == "80, 443, 8080 and 8443"


@pytest.mark.parametrize("ports", ["x", "80,", ",", "0", "65536", "-1", "80 443", "8e3"])
def test_invalid_ports_are_refused(ports: str) -> None:
    with pytest.raises(ConfigurationError, match="FETCH_PORTS"):
        EgressPolicy.read({"FETCH_PORTS": ports})


@pytest.mark.parametrize(
    ("contact", "agent"),
    [
        ("", "Catalight/1.0 (product image compressor)"),
        ("https://us.test/bot", "Catalight/1.0 (+https://us.test/bot)"),
    ],
)
def test_the_user_agent_has_the_contact_url(contact: str, agent: str) -> None:
    assert EgressPolicy.read({"CONTACT_URL": contact}).user_agent == agent
