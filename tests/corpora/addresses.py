"""Addresses that no URL may lead to, and all known spellings and embeddings of them."""

from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_network

# IANA's registries of special addresses, multicast, and addresses that cloud providers reserve.
_SPECIAL = """
    0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
    192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24
    224.0.0.0/4 240.0.0.0/4 255.255.255.255/32 168.63.129.16/32 ::/128 ::1/128 ::/96 ::/8
    ::ffff:0:0:0/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 200::/7 400::/6 800::/5 1000::/4 2001::/32
    2001:2::/48 2001:10::/28 2001:20::/28 2001:30::/28 2001:db8::/32 2002::/16 3ffe::/16 3fff::/20
    4000::/2 5f00::/16 8000::/2 c000::/3 fc00::/7 fd00:ec2::/32 fe00::/9 fe80::/10 fec0::/10 ff00::/8
    """
SPECIAL = tuple(_SPECIAL.split())

TARGETS = tuple(
    map(
        IPv4Address,
        (
            "127.0.0.1",
            "127.0.0.53",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",  # metadata of most clouds
            "169.254.170.2",  # credentials of containers on AWS
            "169.254.100.1",  # inside Lambda
            "168.63.129.16",
            "100.100.100.200",
            "192.0.0.192",
            "198.18.0.1",
            "203.0.113.7",
            "224.0.0.1",
            "255.255.255.255",
        ),
    )
)


def edges(network: str) -> list[str]:
    """Return the first, the middle and the last address of a network."""
    found = ip_network(network)
    return [str(found[n]) for n in sorted({0, found.num_addresses // 2, found.num_addresses - 1})]


def _in(prefix: str, bits: int) -> Callable[[IPv4Address], str]:
    """Return a function that embeds an IPv4 address in `prefix`, shifted left by `bits`."""
    return lambda address: str(IPv6Address(int(IPv6Address(prefix)) | int(address) << bits))


EMBEDDINGS: Mapping[str, Callable[[IPv4Address], str]] = {
    "mapped": _in("::ffff:0:0", 0),
    "compatible": _in("::", 0),
    "translated": _in("::ffff:0:0:0", 0),
    "nat64": _in("64:ff9b::", 0),
    "local nat64": _in("64:ff9b:1::", 0),
    "6to4": _in("2002::", 80),
    "teredo server": _in("2001:0:0:0:8000:63bf:3fff:fdd2", 64),
    "teredo client": lambda address: _in("2001:0:4136:e378:8000:63bf::", 0)(
        IPv4Address(int(address) ^ 0xFFFFFFFF)
    ),
    "isatap": _in("2a00:1450::5efe:0:0", 0),
    "global isatap": _in("2a00:1450::200:5efe:0:0", 0),
    "link-local isatap": _in("fe80::5efe:0:0", 0),
}
JUDGED_BY_WHAT_IS_EMBEDDED = ("mapped", "nat64", "isatap", "global isatap")


def _each(address: IPv4Address, form: str) -> str:
    return ".".join(form.format(octet) for octet in address.packed)


def _digits(address: IPv4Address, zero: str) -> str:
    return str(address).translate({ord("0") + n: chr(ord(zero) + n) for n in range(10)})


def _circled(address: IPv4Address) -> str:
    circles = {ord("0"): "\u24ea"} | {ord("0") + n: chr(0x245F + n) for n in range(1, 10)}
    return str(address).translate(circles)


def _short(address: IPv4Address, parts: int) -> str:
    last = int(address) & (1 << 8 * (5 - parts)) - 1
    return ".".join([*map(str, address.packed[: parts - 1]), str(last)])


SPELLINGS: Mapping[str, Callable[[IPv4Address], str]] = {
    "dotted": str,
    "trailing dot": "{}.".format,
    "decimal": lambda address: str(int(address)),
    "hex": lambda address: f"0x{int(address):x}",
    "capital hex": lambda address: f"0X{int(address):08X}",
    "octal": lambda address: f"0{int(address):o}",
    "dotted hex": lambda address: _each(address, "0x{:x}"),
    "dotted octal": lambda address: _each(address, "0{:o}"),
    "padded octal": lambda address: _each(address, "{:04o}"),
    "padded hex": lambda address: _each(address, "0x{:08x}"),
    "one part": lambda address: _short(address, 1),
    "two parts": lambda address: _short(address, 2),
    "three parts": lambda address: _short(address, 3),
    "mixed": lambda address: "0x{:x}.0{:o}.{}".format(*address.packed[:2], int(address) & 0xFFFF),
    "fullwidth digits": lambda address: _digits(address, "\uff10"),
    "mathematical digits": lambda address: _digits(address, "\U0001d7d8"),
    "circled digits": _circled,
    "ideographic dots": lambda address: str(address).replace(".", "\u3002"),
    "fullwidth dots": lambda address: str(address).replace(".", "\uff0e"),
    "halfwidth dots": lambda address: str(address).replace(".", "\uff61"),
    "percent digits": lambda address: str(address).replace("1", "%31").replace("2", "%32"),
    "percent dots": lambda address: str(address).replace(".", "%2e"),
}
