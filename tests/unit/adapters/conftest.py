"""What Catalight's loggers write, formatted as in the functions."""

import io
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from catalight.adapters.logging import logs

type Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    """Returns all lines that were written since the test began."""
    written = io.StringIO()
    monkeypatch.setattr("sys.stdout", written)
    logs.logger.cache_clear()
    logger = logging.getLogger(logs.SERVICE)
    monkeypatch.setattr(logger, "handlers", [])
    monkeypatch.setattr(logger, "filters", [])
    for name in ("init", "powertools_handler"):
        monkeypatch.delattr(logger, name, raising=False)
    logs.logger()
    return lambda: [json.loads(line) for line in written.getvalue().splitlines()]
