"""The HTML pages, each with a Content-Security-Policy that allows only what the page contains."""

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from fastapi.responses import HTMLResponse

HERE = Path(__file__).parent


class Page:
    """An HTML file next to this module; its policy is computed from its text, so it always matches."""

    def __init__(self, name: str, *, styled: bool = False) -> None:
        """Read the page; `styled` is for a third-party script that writes inline styles at run time."""
        self.text = (HERE / name).read_text(encoding="utf-8")
        styles = "'unsafe-inline'" if styled else self._inline("style")
        self.policy = "; ".join(
            (
                "default-src 'none'",
                f"script-src {self._inline('script')} {self._loaded('script', 'src')}".strip(),
                f"style-src {styles} {self._loaded('link rel="stylesheet"', 'href')}".strip(),
                "connect-src 'self'",
                "img-src data:",
                "base-uri 'none'",
                "form-action 'none'",
                "frame-ancestors 'none'",
            )
        )

    def answer(self) -> HTMLResponse:
        """Return the page with its headers."""
        headers = {
            "Content-Security-Policy": self.policy,
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
            "Cross-Origin-Opener-Policy": "same-origin",
        }
        return HTMLResponse(self.text, headers=headers)

    def _inline(self, tag: str) -> str:
        """Return the hashes of the text between each `<tag>` and `</tag>`."""
        found = re.findall(rf"<{tag}>(.*?)</{tag}>", self.text, re.DOTALL)
        return " ".join(f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in found)

    def _loaded(self, tag: str, attribute: str) -> str:
        """Return the URLs that these tags load, each of which the file pins with an integrity hash."""
        return " ".join(re.findall(rf'<{tag} {attribute}="([^"]+)"\s+integrity="sha384-', self.text))


WELCOME = Page("page.html")
# Swagger UI sets styles at run time; of scripts, only the one named in the page runs, pinned by its hash.
DOCS = Page("docs.html", styled=True)
