"""The address of this machine, as containers see it."""

import pytest

from local.built import containers


@pytest.mark.parametrize(
    ("found", "address"), [("172.17.0.1", "172.17.0.1"), ("172.17.0.0/16", "172.17.0.1"), (None, None)]
)
def test_the_gateway_of_the_bridge_or_the_first_address_of_its_subnet(
    monkeypatch: pytest.MonkeyPatch, found: str | None, address: str | None
) -> None:
    monkeypatch.setattr(containers, "docker", lambda *_: found)
    assert containers.bridge_gateway() == address
