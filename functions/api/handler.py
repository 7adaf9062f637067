"""Lambda handler of the HTTP API."""

from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES

from catalight.adapters.logging import logs
from functions.api.app import app

logger = logs.logger()
asgi = Mangum(app, lifespan="off", text_mime_types=[*DEFAULT_TEXT_MIME_TYPES, "application/problem+json"])

handle = logger.inject_lambda_context(asgi, clear_state=True)
