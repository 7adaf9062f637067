"""Open connections: resolve a name once, check all its addresses, and connect to one of them."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from catalight.adapters.web.limits import next_wait
from catalight.domain.errors import ImageError
from catalight.domain.errors import ImageErrorCode as Code
from catalight.domain.web.addresses import is_public
from catalight.domain.web.egress import EgressPolicy


def resolve(name: str, port: int) -> list[str]:
    """Return every address of a name, in the system's order of preference."""
    return [str(address[0]) for *_, address in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True, slots=True)
class Network:
    """Functions that resolve names and that connect to addresses (never to names)."""

    resolve: Callable[[str, int], Sequence[str]] = resolve
    connect: Callable[[tuple[str, int], float], socket.socket] = socket.create_connection


@dataclass(frozen=True, slots=True)
class Dialer:
    """Connects to the hosts that the egress policy allows; raises ImageError for all others.

    Each address has `seconds` to answer, then the host's next one is tried.
    """

    egress: EgressPolicy
    network: Network
    seconds: float

    def __call__(self, host: str, port: int) -> socket.socket:
        """Return a connection to one of the checked addresses."""
        if not self.egress.allows_port(port):
            detail = f"The URL's port is {port}; only {self.egress.allowed_ports} are allowed."
            raise ImageError(Code.ADDRESS_NOT_ALLOWED, detail)
        addresses = self.network.resolve(host, port)
        # One private address is enough to refuse: an attacker's name may resolve to public and private ones.
        if not (self.egress.private_hosts or all(map(is_public, addresses))):
            raise ImageError(Code.ADDRESS_NOT_ALLOWED, "The host's address is not public.")
        failure = OSError("The name has no address.")
        for address in addresses:
            try:
                return self.network.connect((address, port), min(self.seconds, next_wait()))
            except OSError as error:
                failure = error
        raise failure
