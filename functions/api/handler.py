"""Lambda handler of the HTTP API."""

import gc

from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES

from catalight.adapters.logging import logs
from functions.api.app import app

# A large catalogue makes a million objects that live until the answer. To look for garbage among them as
# often as by default takes a third of the time.
gc.set_threshold(100_000, 20, 100)

logger = logs.logger()
asgi = Mangum(app, lifespan="off", text_mime_types=[*DEFAULT_TEXT_MIME_TYPES, "application/problem+json"])

handle = logger.inject_lambda_context(asgi, clear_state=True)
