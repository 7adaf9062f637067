"""`make deploy-check` against moto and a real mongod: it finds what would fail later, and changes nothing."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from botocore.stub import Stubber

from local.deploy_check import results
from local.deploy_checks import account, database
from local.deploy_checks.deployment import Clients, Deployment, ProblemError
from local.runner import aws
from tests.integration.refusing_proxy import answering, refusing

WEBHOOK = "whsec_" + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

type Check = Callable[..., dict[str, tuple[bool, str]]]


@pytest.fixture(scope="module")
def clients(aws_endpoint: str) -> Clients:
    return cache(lambda service, region_name=None: aws.client(service, aws_endpoint))


@pytest.fixture
def check(clients: Clients, mongodb_uri: str, request: pytest.FixtureRequest) -> Check:
    """Store two secrets and check a deployment with them; return what each check found, by its name."""

    def check(
        given: Mapping[str, str] | None = None,
        uri: str = mongodb_uri,
        webhook: str = WEBHOOK,
        stack: str = "free",
        quota: int = 1000,
        unreserved: int | None = None,
    ) -> dict[str, tuple[bool, str]]:
        secrets = clients("secretsmanager")
        arns = []
        for kind, text in (("mongodb", uri), ("webhook", webhook)):
            name = f"{request.node.name}-{kind}"
            arns.append(secrets.create_secret(Name=name, SecretString=text)["ARN"])

        limit = {"ConcurrentExecutions": quota, "UnreservedConcurrentExecutions": unreserved or quota}
        deployment = Deployment(stack, arns[0], arns[1], given or {}, clients)
        with Stubber(clients("lambda")) as settings:  # moto does not know the limits of an account
            settings.add_response("get_account_settings", {"AccountLimit": limit})
            found = {title: (well, text) for title, well, text in results(deployment)}
        for arn in arns:
            secrets.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
        return found

    return check


def test_a_deployment_that_has_all_it_needs_passes(check: Check, mongodb: Any) -> None:
    found = check({"MongoDbDatabase": "test-deploy-check"})
    assert all(well for well, _ in found.values()), found
    assert found["credentials"][1].endswith("in us-east-1")
    assert found["parameters"] == (True, "consistent")
    assert found["MongoDB"][1].startswith("reached from here, reads and writes; it allows ")
    assert found["MongoDB"][1].endswith(" connections, of which 365 are needed")
    assert found["concurrency"][1] == "1000 functions at once; 72 are needed"
    assert found["stack"][1] == "free is free"
    assert "test-deploy-check" not in mongodb.database.client.list_database_names()


@pytest.mark.parametrize(
    ("given", "title", "said"),
    [
        ({"uri": "localhost:27017"}, "MongoDB", "the secret holds no MongoDB URI"),
        ({"uri": "mongodb://127.0.0.1:1/?directConnection=true"}, "MongoDB", "MongoDB does not answer"),
        ({"uri": "mongodb://user:p@w@127.0.0.1:1/"}, "MongoDB", "the secret holds no MongoDB URI"),
        ({"webhook": "secret"}, "webhook secret", "it must be whsec_"),
        ({"webhook": "whsec_c2hvcnQ="}, "webhook secret", "it must be whsec_"),
        ({"webhook": "whsec_\N{LATIN SMALL LETTER E WITH ACUTE}"}, "webhook secret", "it must be whsec_"),
        ({"webhook": " "}, "webhook secret", "it is empty"),
        ({"quota": 50}, "concurrency", "50 functions at once, and 72 are needed: raise the quota"),
        ({"given": {"ImageReserved": "950"}}, "concurrency", "100 must stay unreserved"),
        (
            {"given": {"LinkDomain": "images.example.com", "LinkBaseUrl": "https://cdn.example"}},
            "parameters",
            "LinkDomain needs LinkCertificateArn; LinkDomain is the host of image links, so LinkBaseUrl",
        ),
        ({"given": {"Authentication": "none", "CorsOrigins": "*"}}, "parameters", "without API keys"),
        ({"given": {"SubnetIds": "subnet-12345678"}}, "parameters", "SubnetIds need SecurityGroupIds"),
        ({"given": {"SubnetIds": "subnet-12345678"}}, "network", "SubnetIds need SecurityGroupIds"),
        (
            {"given": {"SubnetIds": "subnet-12345678", "SecurityGroupIds": "sg-12345678"}},
            "network",
            "does not exist",
        ),
        (
            {"given": {"KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/none"}},
            "encryption",
            "NotFoundException",
        ),
    ],
)
def test_what_would_fail_later_is_said_before(
    check: Check, monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], title: str, said: str
) -> None:
    monkeypatch.setattr("local.deploy_checks.database.SELECT_SECONDS", 0.2)
    found = check(**given)
    well, text = found.pop(title)
    assert not well
    assert said in text
    assert "p@w" not in text


def test_a_refused_login_is_told_from_a_database_in_a_vpc(
    check: Check, monkeypatch: pytest.MonkeyPatch, mongodb_uri: str
) -> None:
    monkeypatch.setattr("local.deploy_checks.database.SELECT_SECONDS", 0.2)
    with refusing(mongodb_uri, {"saslStart": "bad auth : Authentication failed."}, "user:wrong@") as uri:
        assert check(uri=uri)["MongoDB"] == (
            False,
            "MongoDB refuses the login, and the secret holds no other URI",
        )


def test_a_database_that_only_the_vpc_reaches_is_said_to_be_untried(
    check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.deploy_checks.database.SELECT_SECONDS", 0.2)
    found = check({"SubnetIds": "subnet-12345678"}, uri="mongodb://127.0.0.1:1/?directConnection=true")
    well, text = found["MongoDB"]
    assert well
    assert "the functions are in a VPC" in text


def test_a_secret_that_came_from_a_file_may_end_with_a_newline(check: Check, mongodb_uri: str) -> None:
    address, _, _ = mongodb_uri.rpartition("/")
    assert check(uri=f"{address}\n")["MongoDB"][0]


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (
            365,
            (True, "reached from here, reads and writes; it allows 365 connections, of which 365 are needed"),
        ),
        (
            364,
            (
                False,
                "MongoDB allows 364 connections, and 365 may be needed: use a larger cluster, or "
                "lower ImageConcurrency, MongoDbConnections and AggregatorConcurrency",
            ),
        ),
    ],
)
def test_the_connections_of_all_functions_must_fit_into_the_clusters(
    check: Check, mongodb_uri: str, limit: int, said: tuple[bool, str]
) -> None:
    connections = {"current": 15, "available": limit - 15, "totalCreated": 99}
    status = {"ok": 1, "connections": connections}
    with answering(mongodb_uri, {"serverStatus": lambda _: status}) as uri:
        assert check(uri=uri)["MongoDB"] == said


def test_what_a_user_may_not_ask_for_is_said_to_be_unknown(check: Check, mongodb_uri: str) -> None:
    with refusing(mongodb_uri, {"serverStatus": "user is not allowed to do action [serverStatus]"}) as uri:
        well, text = check(uri=uri)["MongoDB"]
    assert well
    assert "the user may not ask for its limit of connections, of which 365 are needed" in text


def test_what_a_stack_has_stays_and_is_checked_with_what_is_given(check: Check, clients: Clients) -> None:
    names = ("ImageConcurrency", "ImageVisibility", "Removed")
    template = {
        "Parameters": {name: {"Type": "String"} for name in names},
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
    }
    clients("cloudformation").create_stack(
        StackName="set",
        TemplateBody=json.dumps(template),
        Parameters=[
            {"ParameterKey": name, "ParameterValue": value}
            for name, value in zip(names, ("50", "750", "x"), strict=True)
        ],
    )
    found = check(stack="set")
    assert found["parameters"] == (True, "consistent; 2 stay as the stack has them")
    assert found["concurrency"][1] == "1000 functions at once; 122 are needed"
    found = check({"ImageConcurrency": "8", "Patience": "860"}, stack="set")
    well, text = found["parameters"]
    assert not well
    assert text.startswith("Patience must exceed ImageVisibility")
    assert found["concurrency"][1] == "1000 functions at once; 72 are needed"


def test_a_value_of_the_stack_that_a_release_no_longer_allows_must_be_named(
    check: Check, clients: Clients
) -> None:
    """CloudFormation refuses it: 0.1.0 had ImageReceives=3."""
    template = {
        "Parameters": {"ImageReceives": {"Type": "Number"}},
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
    }
    clients("cloudformation").create_stack(
        StackName="old",
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": "ImageReceives", "ParameterValue": "3"}],
    )
    well, text = check(stack="old")["parameters"]
    assert not well
    assert text.endswith("so name it in PARAMETERS: ImageReceives is 3, must be at least 5")
    assert check({"ImageReceives": "5"}, stack="old")["parameters"][0]


def test_what_a_stack_has_reserved_is_not_counted_twice(check: Check, clients: Clients) -> None:
    template = {
        "Parameters": {"ImageReserved": {"Type": "Number"}},
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
    }
    clients("cloudformation").create_stack(
        StackName="reserving",
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": "ImageReserved", "ParameterValue": "500"}],
    )
    for given, well in ({}, True), ({"ImageReserved": "900"}, True), ({"ImageReserved": "901"}, False):
        assert check(given, stack="reserving", unreserved=500)["concurrency"][0] is well


def test_part_of_an_arn_is_refused(check: Check, clients: Clients) -> None:
    secret = clients("secretsmanager").create_secret(Name="whole", SecretString=WEBHOOK)
    arn = secret["ARN"]
    deployment = Deployment("free", arn, arn[:-7], {}, clients)
    with pytest.raises(ProblemError, match=f"is not the whole ARN, which is {arn}"):
        account.webhook_secret(deployment)


def test_a_stack_without_resources_is_created(check: Check, clients: Clients) -> None:
    """It is what a change set leaves that was not executed; SAM then makes another of the kind CREATE."""
    cloudformation = clients("cloudformation")
    template = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}
    cloudformation.create_stack(StackName="there", TemplateBody=json.dumps(template))
    assert check(stack="there")["stack"] == (True, "there exists, and would be updated")
    cloudformation.create_change_set(
        StackName="begun", ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=json.dumps(template)
    )
    assert check(stack="begun")["stack"] == (True, "begun has no resources yet, and would be created")


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        ("ROLLBACK_COMPLETE", "make destroy STACK=catalight-prod"),
        ("DELETE_FAILED", "make destroy STACK=catalight-prod"),
        ("UPDATE_IN_PROGRESS", "wait until that has ended"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "wait until that has ended"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback --stack-name catalight-prod"),
        ("UPDATE_FAILED", "rollback-stack --stack-name catalight-prod"),
    ],
)
def test_a_stack_that_cannot_be_updated_is_said_with_the_remedy(status: str, remedy: str) -> None:
    """Never to delete one that works."""
    client = aws.client("cloudformation", "http://127.0.0.1:1")
    stack = {"StackName": "catalight-prod", "StackStatus": status, "CreationTime": datetime.now(UTC)}
    deployment = Deployment("catalight-prod", "", "", {}, lambda service, region_name=None: client)
    with Stubber(client) as stub:
        stub.add_response("describe_stacks", {"Stacks": [stack]})
        with pytest.raises(ProblemError, match=f"is {status}: .*{remedy}"):
            account.name(deployment)


def test_without_credentials_nothing_else_is_tried() -> None:
    client = aws.client("sts", "http://127.0.0.1:1")
    with Stubber(client) as stub:
        stub.add_client_error("get_caller_identity", "ExpiredToken")
        deployment = Deployment("catalight-dev", "", "", {}, lambda service, region_name=None: client)
        [(title, well, text)] = results(deployment)
    assert (title, well) == ("credentials", False)
    assert "ExpiredToken" in text


def test_a_binary_secret_is_no_secret_of_ours(clients: Clients) -> None:
    created = clients("secretsmanager").create_secret(Name="binary", SecretBinary=b"x")
    deployment = Deployment("free", created["ARN"], created["ARN"], {}, clients)
    for check, said in ((account.webhook_secret, "it is empty"), (database.mongodb, "holds no MongoDB URI")):
        with pytest.raises(ProblemError, match=said):
            check(deployment)
