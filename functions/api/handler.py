"""Lambda handler of the HTTP API."""

from catalight import imports  # isort: split

import gc
from typing import Any

from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES
from mangum.types import LambdaContext

from catalight.adapters.logging import hops, logs
from functions.api import snapshot
from functions.api.app import app

# A large catalogue makes a million objects that live until the answer. To look for garbage among them as
# often as by default takes a third of the time.
gc.set_threshold(100_000, 20, 100)

logger = logs.logger()
asgi = Mangum(app, lifespan="off", text_mime_types=[*DEFAULT_TEXT_MIME_TYPES, "application/problem+json"])
snapshot.register(asgi)


@logger.inject_lambda_context(clear_state=True)
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request, whose id is also in the answer's `apigw-requestid` and in the access log."""
    hops.begin({hops.REQUEST_ID: event["requestContext"]["requestId"]})
    return asgi(event, context)


imports.finished()
