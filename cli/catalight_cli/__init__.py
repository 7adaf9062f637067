"""Catalight's Python client. The command line `catalight` is built on it."""

from catalight_cli.client import Client
from catalight_cli.errors import (
    CatalightError,
    CatalogueError,
    ConflictError,
    GoneError,
    LimitError,
    NoServiceError,
    NotConfirmedError,
    NotFoundError,
    OutputError,
    ProblemError,
    ServiceError,
    StorageError,
    UnauthorizedError,
)
from catalight_cli.transport import Pause
from catalight_cli.webhooks import WebhookError, verify_webhook

__all__ = [
    "CatalightError",
    "CatalogueError",
    "Client",
    "ConflictError",
    "GoneError",
    "LimitError",
    "NoServiceError",
    "NotConfirmedError",
    "NotFoundError",
    "OutputError",
    "Pause",
    "ProblemError",
    "ServiceError",
    "StorageError",
    "UnauthorizedError",
    "WebhookError",
    "verify_webhook",
]
