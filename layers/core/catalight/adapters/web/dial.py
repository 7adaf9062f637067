"""Opens connections: a name is resolved once, all its addresses are judged, and one of them is called."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from catalight.adapters.web.limits import next_wait
from catalight.domain.errors import ImageError
from catalight.domain.errors import ImageErrorCode as Code
from catalight.domain.web.addresses import is_public
from catalight.domain.web.egress import EgressPolicy


def resolve(name: str, port: int) -> list[str]:
    """Every address of a name, the one that suits this machine best first."""
    return [str(address[0]) for *_, address in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True, slots=True)
class Network:
    """How names are resolved, and addresses (never names) connected to."""

    resolve: Callable[[str, int], Sequence[str]] = resolve
    connect: Callable[[tuple[str, int], float], socket.socket] = socket.create_connection


@dataclass(frozen=True, slots=True)
class Dialer:
    """Connects to the hosts that a deployment may call; raises ImageError at all others.

    An address gets `seconds` to answer, then the host's next one is tried.
    """

    egress: EgressPolicy
    network: Network
    seconds: float

    def __call__(self, host: str, port: int) -> socket.socket:
        """A connection to one of the addresses that were judged."""
        if not self.egress.allows_port(port):
            detail = f"The URL's port is {port}; only {self.egress.allowed_ports} are taken."
            raise ImageError(Code.ADDRESS_NOT_ALLOWED, detail)
        addresses = self.network.resolve(host, port)
        # One private address among public ones is enough: that is how a name tries to slip in.
        if not (self.egress.private_hosts or all(map(is_public, addresses))):
            raise ImageError(Code.ADDRESS_NOT_ALLOWED, "The host's address is not a public one.")
        failure = OSError("The name has no address.")
        for address in addresses:
            try:
                return self.network.connect((address, port), min(self.seconds, next_wait()))
            except OSError as error:
                failure = error
        raise failure
