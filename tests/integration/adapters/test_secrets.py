"""Secrets, from moto's Secrets Manager."""

import pytest
from aws_lambda_powertools.utilities.parameters import base
from botocore.exceptions import ClientError

from catalight.adapters.secrets import secret
from catalight.domain.errors import UnavailableError
from local.runner import aws
from local.runner.children import free_port


def forget() -> None:
    """Forget the cached secrets, and the clients of another endpoint with them."""
    base.DEFAULT_PROVIDERS.clear()  # type: ignore[attr-defined]


@pytest.fixture
def environment(aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    forget()
    for name, value in aws.environment(aws_endpoint).items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("environment")
def test_a_secret_is_read_by_its_arn_and_kept(aws_endpoint: str) -> None:
    manager = aws.client("secretsmanager", aws_endpoint)
    arn = manager.create_secret(Name="one", SecretString="text")["ARN"]
    assert secret(arn) == "text"
    manager.put_secret_value(SecretId=arn, SecretString="new")
    assert secret(arn) == "text"
    forget()
    assert secret(arn) == "new"


@pytest.mark.usefixtures("environment")
def test_a_secret_that_does_not_exist_is_a_fault_of_the_deployment() -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        secret("arn:aws:secretsmanager:us-east-1:123456789012:secret:nothing")


@pytest.mark.usefixtures("environment")
def test_a_service_that_is_down_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    forget()
    with pytest.raises(UnavailableError, match="Secrets Manager"):
        secret("arn:aws:secretsmanager:us-east-1:123456789012:secret:any")
