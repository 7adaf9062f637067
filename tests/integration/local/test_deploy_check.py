"""`make deploy-check` against moto and a real mongod: it finds what would fail later, and changes nothing."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pytest
from botocore.stub import Stubber

from local.deploy_check import Deployment, results
from local.runner import aws
from tests.integration.refusing_proxy import refusing

WEBHOOK = "whsec_" + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

type Check = Callable[..., dict[str, tuple[bool, str]]]


@pytest.fixture(scope="module")
def clients(aws_endpoint: str) -> Callable[[str], Any]:
    return cache(lambda service: aws.client(service, aws_endpoint))


@pytest.fixture
def check(clients: Callable[[str], Any], mongodb_uri: str, request: pytest.FixtureRequest) -> Check:
    """Store two secrets and check a deployment with them; return what each check found, by its name."""

    def check(
        given: Mapping[str, str] | None = None,
        uri: str = mongodb_uri,
        webhook: str = WEBHOOK,
        stack: str = "free",
        quota: int = 1000,
    ) -> dict[str, tuple[bool, str]]:
        secrets = clients("secretsmanager")
        arns = []
        for kind, text in (("mongodb", uri), ("webhook", webhook)):
            name = f"{request.node.name}-{kind}"
            arns.append(secrets.create_secret(Name=name, SecretString=text)["ARN"])

        limit = {"ConcurrentExecutions": quota, "UnreservedConcurrentExecutions": quota}
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
    assert found["MongoDB"][1] == "reached from here, reads and writes"
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
        ({"webhook": " "}, "webhook secret", "it is empty"),
        ({"quota": 50}, "concurrency", "50 functions at once, and 72 are needed: raise the quota"),
        ({"given": {"ImageReserved": "950"}}, "concurrency", "100 must stay unreserved"),
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
    monkeypatch.setattr("local.deploy_check.SELECT_SECONDS", 0.2)
    found = check(**given)
    well, text = found.pop(title)
    assert not well
    assert said in text
    assert "p@w" not in text


def test_a_refused_login_is_told_from_a_database_in_a_vpc(
    check: Check, monkeypatch: pytest.MonkeyPatch, mongodb_uri: str
) -> None:
    monkeypatch.setattr("local.deploy_check.SELECT_SECONDS", 0.2)
    with refusing(mongodb_uri, {"saslStart": "bad auth : Authentication failed."}, "user:wrong@") as uri:
        assert check(uri=uri)["MongoDB"] == (
            False,
            "MongoDB refuses the login, and the secret holds no other URI",
        )


def test_a_database_that_only_the_vpc_reaches_is_said_to_be_untried(
    check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.deploy_check.SELECT_SECONDS", 0.2)
    found = check({"SubnetIds": "subnet-12345678"}, uri="mongodb://127.0.0.1:1/?directConnection=true")
    well, text = found["MongoDB"]
    assert well
    assert "the functions are in a VPC" in text


def test_a_vpc_and_a_key_that_exist_pass(check: Check, clients: Callable[[str], Any]) -> None:
    ec2 = clients("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(VpcId=vpc, GroupName="catalight", Description="-")["GroupId"]
    key = clients("kms").create_key()["KeyMetadata"]["Arn"]
    found = check({"SubnetIds": subnet, "SecurityGroupIds": group, "KmsKeyArn": key})
    assert found["network"] == (True, vpc)
    assert found["encryption"] == (True, "enabled")
    elsewhere = ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"][0]
    found = check({"SubnetIds": elsewhere["SubnetId"], "SecurityGroupIds": group})
    assert found["network"] == (False, "SubnetIds and SecurityGroupIds are of several VPCs")


def test_a_stack_that_failed_to_be_created_must_go_first(check: Check, clients: Callable[[str], Any]) -> None:
    cloudformation = clients("cloudformation")
    template = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}
    cloudformation.create_stack(StackName="there", TemplateBody=json.dumps(template))
    assert check(stack="there")["stack"] == (True, "there exists, and would be updated")
    cloudformation.create_change_set(
        StackName="begun", ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=json.dumps(template)
    )
    well, text = check(stack="begun")["stack"]
    assert not well
    assert "begun is REVIEW_IN_PROGRESS: make destroy STACK=begun" in text
