"""What a download brought, and how to ask next time whether it has changed."""

import hashlib
import re
from dataclasses import dataclass

_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{0,200}"')  # RFC 9110, section 8.8.3, and a limit of our own
_DATE = re.compile(r"[A-Za-z]{3}, [0-9]{2} [A-Za-z]{3} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT")
_URL_BYTES = 16


@dataclass(frozen=True, slots=True)
class Validators:
    """The ETag and Last-Modified of an answer, for conditional requests (RFC 9110, section 13).

    They are valid for one resource only: `of` identifies the URL that answered with them, which is the last
    of a chain of redirects.
    """

    etag: str | None
    modified: str | None
    of: bytes

    @classmethod
    def read(cls, url: str, etag: str | None, modified: str | None) -> "Validators | None":
        """Return the validators in an answer's headers, or None if it has none that can be sent back."""
        known = etag if etag and _ETAG.fullmatch(etag) else None
        date = modified if modified and _DATE.fullmatch(modified) else None
        return cls(known, date, _identity(url)) if known or date else None

    def headers(self, url: str) -> dict[str, str]:
        """Return the headers of a conditional request for this URL; none if it is another resource."""
        if self.of != _identity(url):
            return {}
        sent = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in sent.items() if value}


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes of an image, or None if its host says that they have not changed."""

    data: bytes | None
    validators: Validators | None = None


def _identity(url: str) -> bytes:
    return hashlib.sha256(url.encode(errors="surrogatepass")).digest()[:_URL_BYTES]
