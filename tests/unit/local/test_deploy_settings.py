"""What `make deploy` and `make deploy-check` are given is checked before anything is built."""

import pytest

from local.deploy_settings import ARN, SECRETS, read
from local.runner.children import PROJECT
from local.runner.errors import LocalError
from local.runner.template import load

SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:"
GIVEN = {"MONGODB_URI_SECRET_ARN": f"{SECRET}catalight/mongodb-a", "WEBHOOK_SECRET_ARN": f"{SECRET}b"}


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


@pytest.mark.usefixtures("region")
@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_in_place_of_its_arn_is_refused_and_not_shown(name: str) -> None:
    with pytest.raises(LocalError, match=f"{name}= must be the ARN .*, not the secret") as raised:
        read("dev", GIVEN | {name: "mongodb+srv://user:p@w@cluster.example"})
    assert "p@w" not in str(raised.value)


def test_an_arn_is_what_the_template_takes_for_one() -> None:
    declared = load(PROJECT / "template.yaml")["Parameters"]
    for name in ("MongoDbUriSecretArn", "WebhookSecretArn"):
        assert declared[name]["AllowedPattern"] == f"^{ARN.pattern}$"


def test_a_region_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    with pytest.raises(LocalError, match="No region is set"):
        read("dev", GIVEN)
