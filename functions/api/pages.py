"""The pages for browsers, each under a Content-Security-Policy of what is in it and nothing else."""

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from fastapi.responses import HTMLResponse

HERE = Path(__file__).parent


class Page:
    """An HTML file beside this module; its policy is computed from its text, so the two cannot part."""

    def __init__(self, name: str, *, styled: bool = False) -> None:
        """`styled` is for a script of others that writes styles into the page as it runs."""
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
        """The page with its headers."""
        headers = {
            "Content-Security-Policy": self.policy,
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
            "Cross-Origin-Opener-Policy": "same-origin",
        }
        return HTMLResponse(self.text, headers=headers)

    def _inline(self, tag: str) -> str:
        """The hashes of what stands between `<tag>` and `</tag>`."""
        found = re.findall(rf"<{tag}>(.*?)</{tag}>", self.text, re.DOTALL)
        return " ".join(f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in found)

    def _loaded(self, tag: str, attribute: str) -> str:
        """The addresses that tags load from, each pinned by the file to the hash of what is there."""
        return " ".join(re.findall(rf'<{tag} {attribute}="([^"]+)"\s+integrity="sha384-', self.text))


WELCOME = Page("page.html")
# Swagger UI sets its styles as it runs; scripts are held to the one that is named, and to its hash.
DOCS = Page("docs.html", styled=True)
