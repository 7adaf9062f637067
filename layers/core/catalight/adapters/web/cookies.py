"""The cookies of one chain of redirects."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

_MAX_COOKIES = 20  # of each host
_MAX_CHARACTERS = 4_096  # of one cookie: what browsers accept (RFC 6265, section 6.1)
_PAIR = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+=[\x21-\x3a\x3c-\x7e]*")


class ChainCookies:
    """Cookies by host. Each goes back only to the host that set it, and from https never to http.

    Hosts set one before they redirect to the same URL again. Attributes are ignored, except that an empty
    value removes a cookie: a chain lasts seconds, and what it has stored is forgotten with it.
    """

    def __init__(self) -> None:
        self._by_origin: dict[tuple[str, str], dict[str, str]] = {}

    def remember(self, url: str, set_cookies: Iterable[str]) -> None:
        """Store what the response from `url` set; cookies that are too long or too many are ignored."""
        stored = self._by_origin.setdefault(_origin(url), {})
        for cookie in set_cookies:
            pair = cookie.partition(";")[0].strip()
            name, _, value = pair.partition("=")
            if not value:
                stored.pop(name, None)
            elif _PAIR.fullmatch(pair) and len(pair) <= _MAX_CHARACTERS and len(stored) < _MAX_COOKIES:
                stored[name] = value

    def header(self, url: str) -> dict[str, str]:
        """Return the Cookie header of a request for `url`, or nothing if its host has set no cookie."""
        scheme, host = _origin(url)
        cookies = dict(self._by_origin.get(("http", host), {}))
        if scheme == "https":
            cookies |= self._by_origin.get(("https", host), {})
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} if cookies else {}


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.lower()
