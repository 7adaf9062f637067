"""Writes docs/openapi.json, the API's description: `make openapi`."""

import json
from pathlib import Path

from functions.api.app import app

PAGE = Path(__file__).parents[1] / "docs/openapi.json"


def document() -> str:
    """The API's description as JSON, one line a value, so that changes show in a diff."""
    return json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PAGE.write_text(document())
