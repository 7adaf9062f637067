"""Which IP addresses belong to the public internet."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

# Refused in addition to what Python's `ipaddress` knows from IANA's registries of special addresses. The
# registries call some of these global, older Pythons do not know all of them yet, and none hosts images.
_SPECIAL_V4 = tuple(
    map(
        ip_network,
        (
            "100.64.0.0/10",  # carrier-grade NAT, and the metadata service of some clouds
            "168.63.129.16/32",  # the host agent of one cloud
            "192.0.0.0/24",  # protocol assignments
            "192.88.99.0/24",  # 6to4 relays
            "198.18.0.0/15",  # benchmarks
        ),
    )
)
_SPECIAL_V6 = tuple(
    map(
        ip_network,
        (
            "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4
            "3ffe::/16",  # a test network (6bone), returned long ago
            "3fff::/20",  # documentation
        ),
    )
)
_GLOBAL_UNICAST = ip_network("2000::/3")  # the IPv6 space that is assigned; the rest has other purposes
_NAT64 = ip_network("64:ff9b::/96")
_ISATAP = (b"\x00\x00\x5e\xfe", b"\x02\x00\x5e\xfe")


def is_public(text: str) -> bool:
    """Return whether the address can be reached over the public internet, and only over it.

    If an IPv6 address embeds an IPv4 address that a gateway or tunnel would forward to, that one must be
    public.
    """
    address = ip_address(text)
    if isinstance(address, IPv4Address):
        return _is_public_v4(address)
    embedded = _embedded(address)
    if embedded is not None and not _is_public_v4(embedded):
        return False
    if address.ipv4_mapped or address in _NAT64:
        return address.scope_id is None
    return _is_public_v6(address)


def _is_public_v4(address: IPv4Address) -> bool:
    special = address.is_multicast or address.is_reserved or any(address in net for net in _SPECIAL_V4)
    return address.is_global and not special


def _is_public_v6(address: IPv6Address) -> bool:
    special = address.scope_id is not None or any(address in net for net in _SPECIAL_V6)
    return address.is_global and address in _GLOBAL_UNICAST and not special


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address in the last four bytes if a gateway or tunnel would forward to it."""
    tunnelled = address in _NAT64 or address.packed[8:12] in _ISATAP
    return IPv4Address(address.packed[12:]) if tunnelled else address.ipv4_mapped
