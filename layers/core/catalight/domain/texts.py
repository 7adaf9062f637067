"""Texts of strangers as messages may show them."""

import re

MAX_SHOWN_CHARACTERS = 80
_AUTHORITY_END = re.compile(r"[/?#]")
_HOST_AND_PORT = re.compile(r"(?:\[[0-9a-fA-F:.]*\]|[^:@]+)(?::[0-9]*)?")


def shown(text: str) -> str:
    """Return `text` as a message may show it: without credentials, and at most 80 characters long."""
    if "@" in text:
        text = _without_credentials(text)
    return text if len(text) <= MAX_SHOWN_CHARACTERS else text[: MAX_SHOWN_CHARACTERS - 1] + "…"


def _without_credentials(text: str) -> str:
    """Return `text` with each user name and password replaced. An "@" after a URL's host is none of them."""
    # Each of `after` begins with an authority (RFC 3986, section 3.2). There is no room to show more of them.
    before, *after = text.split("://", MAX_SHOWN_CHARACTERS)
    user, at, rest = before.rpartition("@")
    kept = [f"…@{rest}" if at and ":" in user else before]
    for index, piece in enumerate(after):
        if len("://".join(kept)) > MAX_SHOWN_CHARACTERS:
            break
        authority = _AUTHORITY_END.split(piece, maxsplit=1)[0]
        _, at, host = authority.rpartition("@")
        if _HOST_AND_PORT.fullmatch(host):
            kept.append(f"…@{piece[len(authority) - len(host) :]}" if at else piece)
        else:  # a password that is not escaped may contain "/" and even "://"
            _, at, rest = "://".join(after[index:]).rpartition("@")
            return "://".join([*kept, f"…@{rest}" if at else rest])
    return "://".join(kept)
