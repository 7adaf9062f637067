"""What `make deploy` and `make deploy-check` are given is checked before anything is built."""

import pytest

from local.deploy_settings import read
from local.runner.errors import LocalError

GIVEN = {"MONGODB_URI_SECRET_ARN": "arn:uri", "WEBHOOK_SECRET_ARN": "arn:webhook"}


@pytest.fixture
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


@pytest.mark.usefixtures("region")
def test_parameters_are_returned() -> None:
    assert read("dev", GIVEN) == {}
    found = read("prod", GIVEN | {"PARAMETERS": "Window=500 'ContactUrl=https://shop.example/?Release=1'"})
    assert found == {"Window": "500", "ContactUrl": "https://shop.example/?Release=1"}
    contradicts_a_default = "ImageVisibility=1200"  # and maybe not what the stack has
    assert read("dev", GIVEN | {"PARAMETERS": contradicts_a_default}) == {"ImageVisibility": "1200"}


@pytest.mark.usefixtures("region")
@pytest.mark.parametrize(
    ("stage", "given", "message"),
    [
        ("staging", {}, "ENV is dev or prod, not staging"),
        ("dev", {"WEBHOOK_SECRET_ARN": ""}, "WEBHOOK_SECRET_ARN= is missing: the ARN of the secret"),
        ("dev", {"PARAMETERS": "WebhookSecretArn=x"}, "give it as WEBHOOK_SECRET_ARN="),
        ("dev", {"PARAMETERS": "Window=500 Architecture=x86_64"}, "give it as ARCH="),
        ("dev", {"PARAMETERS": "Release=1"}, "make deploy sets it"),
        ("dev", {"PARAMETERS": "Window=0"}, "Window must be at least 1"),
    ],
)
def test_what_is_missing_or_wrong_is_said(stage: str, given: dict[str, str], message: str) -> None:
    with pytest.raises(LocalError, match=message):
        read(stage, GIVEN | given)


def test_a_region_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    with pytest.raises(LocalError, match="No region is set"):
        read("dev", GIVEN)
