"""Tokens, their digests, and the webhook secrets derived from a key."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from catalight.domain import api_keys
from catalight.domain.api_keys import ApiKey, Limits

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEY = ApiKey("k1", "Acme", "d", Limits(), NOW)


def test_tokens_are_unique_and_recognised_by_their_format() -> None:
    tokens = {api_keys.new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(api_keys.is_token(token) for token in tokens)
    assert all(len(token.removeprefix("catalight_")) * 6 >= 256 for token in tokens)


@pytest.mark.parametrize(
    "text",
    ["", "catalight_", "catalight_" + "a" * 42, "catalight_" + "a" * 44, "x" * 53, "catalight_" + "ä" * 43],
)
def test_text_that_cannot_be_a_token_is_recognised(text: str) -> None:
    assert not api_keys.is_token(text)


def test_a_digest_does_not_contain_its_token() -> None:
    token = api_keys.new_token()
    digest = api_keys.digest(token)
    assert len(digest) == 64
    assert digest != api_keys.digest(api_keys.new_token())
    assert token not in digest


def test_each_key_and_version_has_its_own_constant_webhook_secret() -> None:
    places = [("m1", "k1", 1), ("m2", "k1", 1), ("m1", "k2", 1), ("m1", "k1", 2)]
    secrets = [api_keys.webhook_secret(*place) for place in places]
    assert len(set(secrets)) == 4
    assert secrets == [api_keys.webhook_secret(*place) for place in places]
    assert all(Webhook(secret).sign("id", NOW, "{}").startswith("v1,") for secret in secrets)


def test_the_previous_secret_also_signs_until_the_overlap_ends() -> None:
    rotated = replace(KEY, webhook_version=2, overlap_until=NOW + timedelta(days=7))
    first, second = (api_keys.webhook_secret("m", "k1", version) for version in (1, 2))
    assert api_keys.signing_secrets(["m"], KEY, NOW) == [first]
    assert api_keys.signing_secrets(["m"], rotated, NOW) == [second, first]
    assert api_keys.signing_secrets(["m"], rotated, NOW + timedelta(days=7)) == [second]


def test_during_a_rotation_of_the_deployments_secret_both_sign_for_every_key() -> None:
    both = api_keys.signing_secrets(["new", "old"], KEY, NOW)
    assert both == [api_keys.webhook_secret(master, "k1", 1) for master in ("new", "old")]


def test_without_a_key_a_shared_derived_secret_signs_and_never_the_deployments_own() -> None:
    secrets = api_keys.signing_secrets(["new", "old"], None, NOW)
    assert secrets == [api_keys.webhook_secret(master, "", 1) for master in ("new", "old")]
