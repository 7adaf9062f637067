"""The API over in-memory adapters, for the catalogues."""

from tests.unit.functions.api.conftest import client, pipeline

__all__ = ["client", "pipeline"]
