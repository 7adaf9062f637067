"""A database with the documents of an earlier release, and other samples of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from bson import json_util

from catalight.adapters.mongo import Connection
from tests.integration.conftest import mongodb, mongodb_uri

__all__ = ["mongodb", "mongodb_uri"]

SAMPLES = Path(__file__).parent / "0.1.0"


@pytest.fixture
def stored(mongodb: Connection) -> Connection:
    """The test database with the documents of release 0.1.0 in it."""
    documents = json_util.loads((SAMPLES / "documents.json").read_text())
    for collection, found in documents.items():
        mongodb[collection].insert_many(found)
    return mongodb


@pytest.fixture
def derived() -> dict[str, Any]:
    """Values that release 0.1.0 derived: cursors, links, digests, fingerprints, webhook bodies."""
    values: dict[str, Any] = json.loads((SAMPLES / "derived.json").read_text())
    return values


@pytest.fixture
def sent_messages() -> list[str]:
    """The messages that release 0.1.0 sent, as SQS carries them."""
    texts: list[str] = json.loads((SAMPLES / "messages.json").read_text())
    return texts


@pytest.fixture
def result() -> bytes:
    """A result CSV of release 0.1.0."""
    return (SAMPLES / "result.csv").read_bytes()
