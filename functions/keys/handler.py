"""Lambda handler for operators: makes, lists, changes and revokes API keys (see docs/deploy.md)."""

from catalight import imports  # isort: split

import os
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache, partial
from typing import Any
from uuid import uuid4

from aws_lambda_powertools.utilities.typing import LambdaContext

from catalight.adapters.aws.secrets import secret_now, words
from catalight.adapters.logging import logs
from catalight.adapters.mongo import Connection, MongoKeys
from catalight.clock import utc_now
from catalight.domain.api_keys import ApiKey, Limits
from catalight.domain.errors import KeyNotFoundError, OptionError
from catalight.usecases.callers.manage_keys import LIMITS, ManageKeys, check_limits

logger = logs.logger()

ACTIONS = (
    f"make (name, {', '.join(LIMITS)}), list, "
    "or with a key: change-limits (as with make), revoke, webhook-secret, rotate-webhook-secret"
)


@cache
def mongodb() -> Connection:
    """Return the connection to MongoDB, created once."""
    env = os.environ
    return Connection(partial(secret_now, env["MONGODB_URI_SECRET_ARN"]), env["MONGODB_DATABASE"])


@cache
def manage() -> ManageKeys:
    """Build the use case from the function's environment, once."""
    env = os.environ
    keys = MongoKeys(mongodb())
    keys.ensure_indexes()
    return ManageKeys(keys, partial(words, env["WEBHOOK_SECRET_ARN"]), utc_now, lambda: str(uuid4()))


def shown(key: ApiKey) -> dict[str, Any]:
    """Return the fields of a key that operators see."""
    return {
        "key": key.id,
        "name": key.name,
        "limits": asdict(key.limits),
        "created_at": key.created_at.isoformat(),
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
    }


def answer(event: Any) -> dict[str, Any]:
    """Run an action; tokens and secrets appear only in its result."""
    match event:
        case {"action": "make", "name": str(name), **limits}:
            key, token = manage().make(name, _limits(limits))
            return shown(key) | {"token": token, "webhook_secrets": manage().webhook_secrets(key.id)}
        case {"action": "list"}:
            return {"keys": [shown(key) for key in manage().all()]}
        case {"action": "change-limits", "key": str(key_id), **limits}:
            return shown(_changed(key_id, limits))
        case {"action": "revoke", "key": str(key_id)}:
            return shown(manage().revoke(key_id))
        case {"action": "rotate-webhook-secret", "key": str(key_id)}:
            key = manage().rotate_webhook_secret(key_id)
            return shown(key) | {"webhook_secrets": manage().webhook_secrets(key_id)}
        case {"action": "webhook-secret", "key": str(key_id)}:
            return {"webhook_secrets": manage().webhook_secrets(key_id)}
    return {"error": f"The event must name an action and its arguments: {ACTIONS}."}


def _changed(key_id: str, limits: Mapping[Any, Any]) -> ApiKey:
    return manage().change_limits(key_id, limits)


def _limits(found: Mapping[Any, Any]) -> Limits:
    check_limits(found)
    return Limits(**found)


@logger.inject_lambda_context(clear_state=True)
@logs.redacting_exceptions
def handle(event: Any, _: LambdaContext) -> dict[str, Any]:
    """Run the action of an event; if it fails, the result is an `error` with the reason."""
    try:
        return answer(event)
    except KeyNotFoundError as error:
        return {"error": f"There is no key {error.key_id!r}; `list` shows the keys."}
    except OptionError as error:
        return {"error": f"{error.field} is {error.found!r}; allowed: {error.allowed}."}


imports.finished()
