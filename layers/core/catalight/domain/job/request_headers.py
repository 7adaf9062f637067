"""The headers with which a job's images are requested, for hosts that refuse unknown clients."""

import re
from dataclasses import asdict, dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from catalight.domain.errors import OptionError
from catalight.domain.stored import restored
from catalight.domain.texts import shown

ORIGIN = "origin"
MAX_CHARACTERS = 200
MAX_WORD_CHARACTERS = 64  # of a User-Agent: tokens and keys are one long word
USER_AGENT = rf"^ *(?:[A-Za-z0-9.,;:/()+_-]{{1,{MAX_WORD_CHARACTERS}}}(?: +|$))*$"
_HOST = r"[A-Za-z0-9][A-Za-z0-9.-]*(?::[1-9][0-9]{0,3})?"
_PATH = r"/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*"
REFERER = rf"^(?:|{ORIGIN}|https?://{_HOST}(?:{_PATH})?)$"


@dataclass(frozen=True, slots=True)
class RequestHeaders:
    """The User-Agent and the Referer of a job's downloads; empty if the job sets none.

    Neither can carry a secret: hosts that images redirect to receive them too. `referer` is a URL without a
    query, or ORIGIN for the scheme and host of each requested URL (RFC 9110, section 10.1.3).
    """

    user_agent: str = ""
    referer: str = ""

    def __post_init__(self) -> None:
        """Raise OptionError if a header is not allowed."""
        if len(self.user_agent) > MAX_CHARACTERS or not re.fullmatch(USER_AGENT, self.user_agent):
            allowed = (
                f"at most {MAX_CHARACTERS} ASCII letters, digits, spaces and .,;:/()+_- "
                f"in words of at most {MAX_WORD_CHARACTERS}"
            )
            raise OptionError("user_agent", shown(self.user_agent), allowed)
        if self.referer not in ("", ORIGIN) and not _is_plain_url(self.referer):
            allowed = (
                f'"{ORIGIN}", or an http or https URL of at most {MAX_CHARACTERS} ASCII characters '
                "without a query, a fragment and a password"
            )
            raise OptionError("referer", shown(self.referer.partition("?")[0]), allowed)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Read what `to_document` wrote."""
        return restored(cls, document)

    def to_document(self) -> dict[str, Any]:
        """Return plain values for storage: those that are set."""
        return {name: value for name, value in asdict(self).items() if value}

    def of_request(self, url: str, own_agent: str) -> dict[str, str]:
        """Return the headers of a request for `url`. The User-Agent always contains `own_agent`."""
        headers = {"User-Agent": f"{self.user_agent} {own_agent}".strip()}
        if self.referer:
            parts = urlsplit(url)
            headers["Referer"] = (
                f"{parts.scheme}://{parts.netloc}/" if self.referer == ORIGIN else self.referer
            )
        return headers


def _is_plain_url(url: str) -> bool:
    if len(url) > MAX_CHARACTERS or not re.fullmatch(REFERER, url):
        return False
    return urlsplit(url).hostname not in ("http", "https")  # else it begins twice
