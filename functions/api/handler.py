"""Lambda handler of the HTTP API."""

from aws_lambda_powertools import Logger
from mangum import Mangum

from functions.api.app import app

logger = Logger()
asgi = Mangum(app, lifespan="off")

handle = logger.inject_lambda_context(asgi, clear_state=True)
