"""Which URLs a webhook may have."""

from urllib.parse import urlsplit

from catalight.domain.catalogue import urls
from catalight.domain.web.egress import EgressPolicy


def fault(url: str, egress: EgressPolicy) -> str | None:
    """Return why the webhook cannot be called at `url`, as the end of a sentence, or None if it can."""
    if wrong := urls.fault(url):
        return wrong
    parts = urlsplit(url)
    if parts.scheme == "http" and not egress.allows_http_webhooks:
        return "over http anyone on the network path can read it"
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return (
        None if egress.allows_port(port) else f"its port is {port}; only {egress.allowed_ports} are allowed"
    )
