"""Request targets: the path and query of a URL as it was written, and the URLs that redirects lead to.

requests and urllib3 normalise URLs: they escape escapes again and remove empty segments. Hosts have files and
signatures for which that makes a difference.
"""

import re

# As urllib3 splits a URL (RFC 3986, appendix B, but a backslash ends the host), because it finds the host.
_PARTS = re.compile(
    r"(?:([a-z][a-z0-9+.-]*):)?(?://([^\\/?#]*))?([^?#]*)(\?[^#]*)?", re.IGNORECASE | re.ASCII
)
# What cannot stand in a path or a query (RFC 3986, sections 3.3 and 3.4), and a "%" that escapes nothing.
_ESCAPED = re.compile(r"%(?![0-9a-f]{2})|[^%a-z0-9._~!$&'()*+,;=:@/?-]", re.IGNORECASE | re.ASCII)


def target(url: str) -> str:
    """Return the request target (RFC 9112, section 3.2.1): path and query as in `url`, without dot segments.

    Raise ValueError if it cannot be written in UTF-8.
    """
    _, _, path, query = _split(url)
    return _ESCAPED.sub(_escape, _without_dots(path) + (query or ""))


def resolved(base: str, reference: str) -> str:
    """Return the URL that `reference` means in a response from `base` (RFC 3986, section 5.2.2)."""
    scheme, host, path, query = _split(reference)
    base_scheme, base_host, base_path, base_query = _split(base)
    # A scheme without a host ("http:/a.jpg") is not meant, as browsers read it, if it is the base's own.
    if scheme and (host is not None or scheme.lower() != (base_scheme or "").lower()):
        return reference
    if host is None:
        host = base_host
        if not path:
            path, query = base_path, base_query if query is None else query
        elif not path.startswith("/"):
            path = f"{base_path.rpartition('/')[0]}/{path}"
    return f"{base_scheme}://{host}{path}{query or ''}"


def _split(url: str) -> tuple[str | None, str | None, str, str | None]:
    """Return scheme, host with port, path, and query with its question mark; the fragment is not sent."""
    scheme, host, path, query = next(_PARTS.finditer(url.lstrip())).groups()  # every part is optional
    return scheme, host, path, query


def _without_dots(path: str) -> str:
    """Return the path without "." and ".." segments (RFC 3986, section 5.2.4); empty segments stay."""
    segments = path.removeprefix("/").split("/")
    kept: list[str] = []
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def _escape(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode())
