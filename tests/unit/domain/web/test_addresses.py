"""Which addresses are public, against IANA's registries and every embedding of IPv4 in IPv6."""

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.domain.web.addresses import is_public
from tests.corpora.addresses import EMBEDDINGS, JUDGED_BY_WHAT_IS_EMBEDDED, SPECIAL, TARGETS, edges


@pytest.mark.parametrize("network", SPECIAL)
def test_no_special_network_is_public(network: str) -> None:
    assert not any(map(is_public, edges(network)))


@given(st.ip_addresses(v=4), st.sampled_from(sorted(EMBEDDINGS)))
def test_an_embedded_address_is_public_only_if_the_ipv4_address_is(address: IPv4Address, kind: str) -> None:
    embedded = is_public(EMBEDDINGS[kind](address))
    assert embedded is (kind in JUDGED_BY_WHAT_IS_EMBEDDED and is_public(str(address)))


@pytest.mark.parametrize("kind", sorted(EMBEDDINGS))
@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_no_embedding_of_a_private_address_is_public(kind: str, target: IPv4Address) -> None:
    assert not is_public(EMBEDDINGS[kind](target))


@pytest.mark.parametrize(
    "address",
    [
        *("1.1.1.1", "8.8.8.8", "93.184.215.14", "100.63.255.255", "100.128.0.0", "168.63.129.15"),
        *("168.63.129.17", "169.253.255.255", "172.15.255.255", "172.32.0.0", "192.0.1.0", "198.20.0.0"),
        *("223.255.255.255", "2600::", "2606:4700::1111", "2001:200::1", "2001:4860:4860::8888"),
        *("2003::1", "2620:fe::fe", "2a00:1450:4001::1", "2a00:1450::5eff:7f00:1"),
    ],
)
def test_ordinary_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address", ["fe80::1%lo", "fe80::1%1", "2606:4700::1111%eth0", "::ffff:8.8.8.8%1", "64:ff9b::808:808%1"]
)
def test_an_address_with_a_scope_is_not_public(address: str) -> None:
    assert not is_public(address)
