"""Secrets, from moto's Secrets Manager."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from catalight.adapters.aws.secrets import MAX_AGE, STALE, Secrets
from catalight.domain.errors import UnavailableError
from local.hosts.http_server import Handler, Server, serving
from local.runner import aws
from local.runner.children import free_port

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:any"


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def manager(aws_endpoint: str) -> Any:
    return aws.client("secretsmanager", aws_endpoint)


def create(manager: Any, text: str) -> str:
    manager.delete_secret(SecretId="one", ForceDeleteWithoutRecovery=True)
    arn: str = manager.create_secret(Name="one", SecretString=text)["ARN"]
    return arn


def test_a_secret_is_cached_for_some_minutes_and_then_read_again(manager: Any, clock: Clock) -> None:
    arn, secrets = create(manager, "text"), Secrets(manager, clock)
    assert secrets.kept(arn) == "text"
    manager.put_secret_value(SecretId=arn, SecretString="new")
    clock.seconds = MAX_AGE - 1
    assert secrets.kept(arn) == "text"
    clock.seconds = MAX_AGE
    assert secrets.kept(arn) == "new"


def test_the_current_text_is_read_at_once_and_cached(manager: Any, clock: Clock) -> None:
    arn, secrets = create(manager, "text"), Secrets(manager, clock)
    secrets.kept(arn)
    manager.put_secret_value(SecretId=arn, SecretString="new")
    assert secrets.now(arn) == secrets.kept(arn) == "new"


def test_a_binary_secret_has_no_text(manager: Any) -> None:
    arn = create(manager, "text")
    manager.put_secret_value(SecretId=arn, SecretBinary=b"\xff")
    assert Secrets(manager).now(arn) == ""


def test_a_secret_that_does_not_exist_is_a_fault_of_the_deployment(manager: Any) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        Secrets(manager).kept(ARN + "-nothing")


def test_in_an_outage_the_last_text_is_used_for_an_hour(manager: Any, clock: Clock) -> None:
    arn = create(manager, "text")
    secrets = Secrets(manager, clock)
    secrets.kept(arn)
    secrets._client = aws.client("secretsmanager", f"http://127.0.0.1:{free_port()}")
    clock.seconds = MAX_AGE + STALE - 1
    assert secrets.kept(arn) == "text"
    with pytest.raises(UnavailableError, match="Secrets Manager"):
        secrets.now(arn)
    clock.seconds = MAX_AGE + STALE
    with pytest.raises(UnavailableError, match="Secrets Manager"):
        secrets.kept(arn)


@pytest.mark.parametrize(
    ("status", "code"), [(400, "ThrottlingException"), (500, "InternalServiceError"), (503, "")]
)
def test_throttling_and_faults_of_aws_are_unavailable(status: int, code: str) -> None:
    class Refusing(Handler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.answer(status, f'{{"__type": "{code}"}}'.encode(), "application/x-amz-json-1.1")

    server = Server(("127.0.0.1", 0), Refusing)
    with serving(server), pytest.raises(UnavailableError, match="Secrets Manager"):
        Secrets(aws.client("secretsmanager", server.url)).kept(ARN)
