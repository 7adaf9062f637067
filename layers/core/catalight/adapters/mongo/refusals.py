"""Why MongoDB refuses calls, or cannot be found, until somebody acts; each reason needs another act."""

import re
import socket
from enum import StrEnum

from pymongo.errors import ConfigurationError, ConnectionFailure, OperationFailure

LOGIN_REFUSED = frozenset({13, 18})  # Unauthorized (the user was dropped) and AuthenticationFailed
MECHANISM_UNAVAILABLE = 334
# Atlas's code for all that it refuses itself; only the text tells a login from a full disk
ATLAS_ERROR = 8000

_RESOLVER = re.compile(r"\[Errno (-\d+)\]")  # of getaddrinfo, whose codes alone are negative


class Refusal(StrEnum):
    """These are outages: work waits."""

    LOGIN = "refuses the login, and the secret holds no other URI"
    MECHANISM = "does not know the authMechanism of the URI: only Atlas knows MONGODB-AWS"
    CREDENTIALS = "cannot be logged in to by MONGODB-AWS: there are no AWS credentials"
    SPACE = "is over its space quota: move to a larger cluster, or make room in it"
    OTHER = (
        "refuses a call for a reason of Atlas's own: see the cluster's limits and the user's role in Atlas"
    )
    NO_NAME = "cannot be found: DNS has no record of the name in the secret's URI"
    NO_DNS = "cannot be found: DNS does not answer; in a VPC, see its DNS support and the security groups"
    HANDSHAKE = "ends the TLS handshake: Atlas does so if its access list lacks the address of the caller"


def refusal(error: BaseException | None) -> Refusal | None:
    """Return what is the matter, or None for other errors.

    Atlas's texts: "bad auth : Authentication failed." (mongodb.com/docs/atlas/troubleshoot-connection) and
    "you are over your space quota, using 512 MB of 512 MB" (github.com/avgupta456/github-trends/issues/343).
    """
    match error:
        case OperationFailure():
            return _of_answer(error)
        case ConfigurationError():
            return _of_lookup(type(error.__cause__))
        case ConnectionFailure():
            return _of_connection(str(error))
    return None


def _of_answer(error: OperationFailure) -> Refusal | None:
    text = str(error).lower()
    if error.code in LOGIN_REFUSED:
        return Refusal.LOGIN
    if error.code == MECHANISM_UNAVAILABLE:
        return Refusal.MECHANISM
    if error.code is None and "pymongo-auth-aws" in text:
        return Refusal.CREDENTIALS
    if error.code != ATLAS_ERROR:
        return None
    if "bad auth" in text or "authentication failed" in text:
        return Refusal.LOGIN
    return Refusal.SPACE if "space quota" in text else Refusal.OTHER


def _of_lookup(cause: type[BaseException | None]) -> Refusal | None:
    """Return what failed for a mongodb+srv URI. Other URIs need no dnspython, so it is not imported here."""
    if cause.__module__.partition(".")[0] != "dns":
        return None
    return Refusal.NO_NAME if cause.__name__ in ("NXDOMAIN", "NoAnswer") else Refusal.NO_DNS


def _of_connection(text: str) -> Refusal | None:
    """Return what pymongo's text says, which has the error of each host."""
    if found := _RESOLVER.search(text):
        return Refusal.NO_DNS if int(found[1]) == socket.EAI_AGAIN else Refusal.NO_NAME
    return Refusal.HANDSHAKE if "TLSV1_ALERT_INTERNAL_ERROR" in text else None
