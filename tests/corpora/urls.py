"""URLs that try to reach forbidden hosts, each with its expected outcome.

`{port}` is a port on loopback that must not be reached, `shop.test` is a public host. NAMES has the address
of each name.
"""

from collections.abc import Iterator

from tests.corpora.addresses import EMBEDDINGS, SPECIAL, SPELLINGS, TARGETS, edges

PUBLIC = "93.184.215.14"
REFUSED, INVALID, UNKNOWN = "address_not_allowed", "invalid_url", "dns_error"
REACHED = "shop.test"  # no error: the URL leads to the public host

# Names and their addresses.
NAMES = {
    "shop.test": [PUBLIC],
    "localhost": ["127.0.0.1", "::1"],
    "localhost.": ["127.0.0.1"],
    "localhost6": ["::1"],
    "127.0.0.1.nip.test": ["127.0.0.1"],
    "metadata.google.internal": ["169.254.169.254"],
    "instance-data": ["169.254.169.254"],
    "sandbox.localdomain": ["169.254.100.1"],
    "xn--lcalhost-n4a.test": ["127.0.0.1"],
}

_SCHEMES = """
    file:///etc/passwd gopher://127.0.0.1:{port}/_GET dict://127.0.0.1:{port}/ ftp://127.0.0.1:{port}/
    ldap://127.0.0.1:{port}/ tftp://127.0.0.1:{port}/ jar:http://127.0.0.1:{port}/!/ data:image/png,AAAA
    http+unix://%2Fvar%2Frun%2Fdocker.sock/ unix:///var/run/docker.sock netdoc:///etc/passwd ws://127.0.0.1/
    javascript:alert(1) view-source:http://127.0.0.1:{port}/ blob:http://127.0.0.1:{port}/ //127.0.0.1:{port}/
    127.0.0.1:{port} http:127.0.0.1:{port}/ http:/127.0.0.1:{port}/ http:///127.0.0.1:{port}/
    http:\\\\127.0.0.1 http://:{port}/ http://?127.0.0.1 http://#127.0.0.1 https:// 0://127.0.0.1/ hxxp://127.0.0.1/
    """
_USERINFO = """
    http://shop.test@127.0.0.1:{port}/ http://shop.test:80@127.0.0.1:{port}/ http://u:p@127.0.0.1:{port}/
    http://127.0.0.1:{port}@shop.test/ http://:@127.0.0.1:{port}/ http://a@b@127.0.0.1:{port}/
    http://shop.test%40127.0.0.1@127.0.0.1:{port}/ http://127.0.0.1%2523@shop.test/ http://[::1]:{port}@shop.test/
    http://127.0.0.1:{port}%20@shop.test/ http://shop.test&@127.0.0.1:{port}/ http://shop.test\u2044@127.0.0.1:{port}/
    http://shop.test;@127.0.0.1:{port}/ http://shop.test:a@[::1]:{port}/ http://\uff0f@127.0.0.1:{port}/
    """
_BROKEN = """
    http://127.0.0.1:{port}:80/ http://127.0.0.1:+{port}/ http://127.0.0.1:-{port}/ http://127.0.0.1:0x50/
    http://127.0.0.1:{port}.0/ http://127.0.0.1:99999/ http://127.0.0.1:\uff18\uff10/ http://127.0.0.1\uff1a80/
    http://127.0.0.1:{port}\u2100/ http://127.0.0.1\uff0fshop.test/ http://127..0.1:{port}/ http://.127.0.0.1:{port}/
    http://[127.0.0.1]:{port}/ http://[::1].shop.test:{port}/ http://[::1]]:{port}/ http://[[::1]]:{port}/
    http://[v1.::1]:{port}/ http://[::1:{port}/ http://::1:{port}/ http://[1::1::1]:{port}/ http://[]:{port}/
    http://localhost%00.shop.test:{port}/ http://\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54:{port}/
    http://\u24dbocalhost:{port}/ http://loc\u00adalhost:{port}/ http://127.0.0.1\u200b:{port}/ http://\ud800:{port}/
    http://\u202e127.0.0.1:{port}/ http://\uff11\uff12\uff17.1:{port}/ http://*.0.0.1:{port}/ http://*:{port}/
    """
_LOOPBACK = """
    http://localhost:{port}/ http://LOCALHOST:{port}/ hTTp://localhost.:{port}/ HTTPS://LocalHost:{port}/
    http://localhost6:{port}/ http://127.0.0.1.nip.test:{port}/ http://metadata.google.internal/
    http://instance-data/latest/ http://sandbox.localdomain/ http://l\u00f6calhost.test:{port}/
    http://127.0.0.1:{port}\\@shop.test/ http://127.0.0.1:{port}#@shop.test/ http://127.0.0.1:{port}?@shop.test/
    http://127.0.0.1:{port}/@shop.test/ http://127.0.0.1:{port}#.shop.test http://127.0.0.1:0{port}/
    http://127.0.0.1:/ http://@127.0.0.1:{port}/ http://127.0.0.1:9001/2018-06-01/runtime/invocation/next
    http://169.254.169.254/latest/meta-data/iam/ http://169.254.170.2/v2/credentials http://169.254.100.1/
    http://[fd00:ec2::254]/latest/ http://[fd00:ec2::23]/v1/credentials http://[::1]:{port}/ http://[::]:{port}/
    http://[0:0:0:0:0:0:0:1]:{port}/ http://[0000:0000:0000:0000:0000:0000:0000:0001]:{port}/ http://0:{port}/
    http://[::ffff:127.0.0.1]:{port}/ http://[::FFFF:7F00:1]:{port}/ http://[::127.0.0.1]:{port}/ http://0x0:{port}/
    http://[ff02::1]:{port}/ http://[fe80::1]:{port}/ http://[fec0::1]:{port}/ http://00000:{port}/ http://127.1/
    http://017700000001:{port}/ http://0x7f.1:{port}/ http://127.0.00000.1:{port}/ http://0177.1:{port}/
    """
_NO_NAME = """
    http://256.0.0.1:{port}/ http://4294967297:{port}/ http://0x100000001:{port}/ http://127.0.0.1.:{port}/
    http://127.0.0.1.0:{port}/ http://127.0.0.1x:{port}/ http://127.0.0.1;shop.test:{port}/ http://08.0.0.1:{port}/
    http://127.0.0.1,shop.test:{port}/ http://127.0.0.1|shop.test:{port}/ http://127.0.0.1&shop.test:{port}/
    http://xn--:{port}/ http://xn--a:{port}/ http://[::1%25lo]:{port}/ http://[fe80::1%25lo]:{port}/
    http://[::1%lo]:{port}/ http://-127.0.0.1:{port}/ http://127.0.0.-1:{port}/ http://0x7g000001:{port}/
    """
_PUBLIC = """
    http://shop.test\\@127.0.0.1:{port}/ http://shop.test#@127.0.0.1:{port}/ http://shop.test?@127.0.0.1:{port}/
    http://shop.test/@127.0.0.1:{port}/ http://shop.test/http://127.0.0.1:{port}/ http://shop.test?http://127.0.0.1/
    http://shop.test#http://127.0.0.1:{port}/ http://SHOP.TEST/ http://shop.test:80/ http://shop.test//127.0.0.1/
    http://shop.test/%0d%0aHost:%20127.0.0.1:{port}/ http://shop.test/..//127.0.0.1:{port}/ http://93.184.215.14/
    http://shop.test/?url=http://169.254.169.254/ http://[::ffff:93.184.215.14]/
    """
_SPACED = (
    ("http://\t127.0.0.1:{port}/", INVALID),
    ("http://127.0.0.1\t:{port}/", INVALID),
    ("http://127.0.0.1\r\nHost: shop.test", INVALID),
    ("http://shop.test \r\n@127.0.0.1:{port}/", INVALID),
    (" http://127.0.0.1:{port}/", REFUSED),
    ("\thttp://127.0.0.1:{port}/", REFUSED),
    ("http://127.0.0.1 :{port}/", INVALID),
    ("http:// 127.0.0.1:{port}/", INVALID),
    ("ht\ntp://127.0.0.1:{port}/", INVALID),
)


def tricks() -> Iterator[tuple[str, str]]:
    """Yield URLs that are easily parsed wrongly."""
    kinds = ((_SCHEMES, INVALID), (_USERINFO, INVALID), (_BROKEN, INVALID), (_LOOPBACK, REFUSED))
    for text, outcome in (*kinds, (_NO_NAME, UNKNOWN), (_PUBLIC, REACHED)):
        yield from ((url, outcome) for url in text.split())
    yield from _SPACED


def spelled() -> Iterator[tuple[str, str]]:
    """Yield URLs of private addresses in every spelling."""
    outcomes = {"trailing dot": UNKNOWN}
    for kind, spell in SPELLINGS.items():
        outcome = INVALID if "digits" in kind or "dots" in kind else outcomes.get(kind, REFUSED)
        for target in TARGETS:
            yield f"http://{spell(target)}:{{port}}/", REFUSED if kind.startswith("percent") else outcome


def embedded() -> Iterator[tuple[str, str]]:
    """Yield URLs of private IPv4 addresses embedded in IPv6 ones, and the edges of all special networks."""
    addresses = [embed(target) for embed in EMBEDDINGS.values() for target in TARGETS]
    addresses += [address for network in SPECIAL for address in edges(network)]
    for address in addresses:
        yield f"http://{f'[{address}]' if ':' in address else address}:{{port}}/", REFUSED
