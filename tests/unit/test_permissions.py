"""IAM permissions: each function has its own role, with no unneeded wildcards, and no secret is exposed."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.translated import SECRETS, translated

RESOURCES = translated()["Resources"]

POLLING = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
LOGGING = {"logs:CreateLogStream", "logs:PutLogEvents"}
TRACING = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}

OPEN_ENDED = {
    # Objects come and go, so a role names the prefix of their keys.
    "${Bucket.Arn}/images/*",
    "${Bucket.Arn}/results/*",
    "${Bucket.Arn}/uploads/*",
    "${Bucket.Arn}/spools/*",
}
"""The wildcards that the roles' resources may have."""

JOINING = {
    f"ec2:{action}"
    for action in (
        "CreateNetworkInterface",
        "DescribeNetworkInterfaces",
        "DescribeSubnets",
        "DeleteNetworkInterface",
        "AssignPrivateIpAddresses",
        "UnassignPrivateIpAddresses",
    )
}
"""What Lambda needs for a function in a VPC: AWSLambdaVPCAccessExecutionRole without its logs."""


def resources(kind: str) -> dict[str, Any]:
    found = {name: resource["Properties"] for name, resource in RESOURCES.items() if resource["Type"] == kind}
    assert found
    return found


def several(one_or_more: Any) -> list[Any]:
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]


def statements(role: str) -> Iterator[tuple[set[str], list[Any]]]:
    """The actions and the resources of each statement of a role."""
    for policy in RESOURCES[role]["Properties"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            if "Fn::If" in statement:  # an option that is off
                _, statement, otherwise = statement["Fn::If"]
                assert otherwise == {"Ref": "AWS::NoValue"}
            assert statement["Effect"] == "Allow"
            yield set(several(statement["Action"])), several(statement["Resource"])


def targets(role: str, action: str) -> list[Any]:
    """All resources on which a role may perform an action."""
    return [resource for actions, found in statements(role) if action in actions for resource in found]


def role_of(function: str) -> str:
    role: str = RESOURCES[function]["Properties"]["Role"]["Fn::GetAtt"][0]
    return role


FUNCTIONS = sorted(resources("AWS::Lambda::Function"))
CODE_DEPLOY = "CodeDeployServiceRole"
"""The role that SAM adds for CodeDeploy, with a policy of AWS."""
ROLES = sorted(resources("AWS::IAM::Role").keys() - {CODE_DEPLOY})


def test_every_function_has_its_own_role() -> None:
    assert len({role_of(function) for function in FUNCTIONS}) == len(FUNCTIONS)


def test_releases_have_the_role_that_aws_describes_for_them() -> None:
    role = resources("AWS::IAM::Role")[CODE_DEPLOY]
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": ["codedeploy.amazonaws.com"]}
    [policy] = role["ManagedPolicyArns"]
    assert policy.endswith(":iam::aws:policy/service-role/AWSCodeDeployRoleForLambda")


@pytest.mark.parametrize("role", ROLES)
def test_roles_have_inline_policies_only(role: str) -> None:
    properties = RESOURCES[role]["Properties"]
    assert properties.keys() <= {"AssumeRolePolicyDocument", "Policies", "Tags"}
    [trust] = properties["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Effect"] == "Allow"
    [service] = several(trust["Principal"]["Service"])
    assert service in ("lambda.amazonaws.com", "scheduler.amazonaws.com")


@pytest.mark.parametrize("role", ROLES)
def test_roles_have_only_the_needed_wildcards(role: str) -> None:
    for actions, found in statements(role):
        assert all(re.fullmatch(r"[a-z0-9]+:[A-Za-z]+", action) for action in actions)
        for resource in found:
            match resource:
                case {"Fn::GetAtt": [name, "Arn"]} | {"Ref": name}:
                    assert name in RESOURCES.keys() | SECRETS.keys() | {"KmsKeyArn"}
                case {"Fn::Sub": text}:
                    assert text in OPEN_ENDED
                case "*":
                    assert actions in (TRACING, JOINING), "these know no resources"
                case _:
                    pytest.fail(f"{role} names {resource}")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_polls_its_own_queues_and_writes_its_own_log(function: str) -> None:
    mappings = resources("AWS::Lambda::EventSourceMapping").values()
    queues = [
        mapping["EventSourceArn"]
        for mapping in mappings
        if mapping["FunctionName"] == {"Ref": f"{function}Aliaslive"}
    ]
    for action in POLLING:
        assert sorted(map(str, targets(role_of(function), action))) == sorted(map(str, queues))
    group = RESOURCES[function]["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]
    for action in LOGGING:
        assert targets(role_of(function), action) == [{"Fn::GetAtt": [group, "Arn"]}]
    for action in TRACING:
        assert targets(role_of(function), action) == ["*"]


@pytest.mark.parametrize("role", sorted({role_of(function) for function in FUNCTIONS}))
def test_a_function_joins_a_vpc_and_uses_a_key_only_if_there_is_one(role: str) -> None:
    [policy] = RESOURCES[role]["Properties"]["Policies"]
    options = [one["Fn::If"] for one in policy["PolicyDocument"]["Statement"] if "Fn::If" in one]
    assert [condition for condition, *_ in options] == ["HasVpc", "HasKey"]
    assert targets(role, "ec2:CreateNetworkInterface") == ["*"]
    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        assert targets(role, action) == [{"Ref": "KmsKeyArn"}]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_is_in_the_vpc_if_there_is_one(function: str) -> None:
    condition, joined, _ = RESOURCES[function]["Properties"]["VpcConfig"]["Fn::If"]
    assert condition == "HasVpc"
    assert joined == {name: {"Ref": name} for name in ("SubnetIds", "SecurityGroupIds")}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_read_the_secrets_that_its_environment_names_and_no_others(function: str) -> None:
    variables = RESOURCES[function]["Properties"]["Environment"]["Variables"].values()
    named = {value["Ref"] for value in variables if isinstance(value, dict) and value.get("Ref") in SECRETS}
    readable = {secret["Ref"] for secret in targets(role_of(function), "secretsmanager:GetSecretValue")}
    assert named == readable


def test_logs_are_kept_for_1_to_90_days() -> None:
    days = translated()["Parameters"]["LogRetentionDays"]
    assert all(1 <= allowed <= 90 for allowed in (days["Default"], *days["AllowedValues"]))
    for group in resources("AWS::Logs::LogGroup").values():
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_only_our_own_api_has_permission_to_invoke_functions() -> None:
    assert not [name for name, resource in RESOURCES.items() if resource["Type"] == "AWS::Lambda::Url"]
    for permission in resources("AWS::Lambda::Permission").values():
        assert permission["Principal"] == "apigateway.amazonaws.com"
        [source, variables] = permission["SourceArn"]["Fn::Sub"]
        assert "${__ApiId__}" in source
        assert variables["__ApiId__"] == {"Ref": "HttpApi"}


def test_resource_policies_only_deny_except_that_s3_may_tell_of_uploads() -> None:
    """The bucket denies access without TLS; only S3, for this account, may send to a queue."""
    kinds = {resource["Type"] for resource in RESOURCES.values() if resource["Type"].endswith("Policy")}
    of_headers = {"AWS::CloudFront::CachePolicy", "AWS::CloudFront::ResponseHeadersPolicy"}  # grant nothing
    assert kinds - of_headers == {"AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy"}
    [queue] = resources("AWS::SQS::QueuePolicy").values()
    assert queue["Queues"] == [{"Ref": "IngestQueue"}]
    [s3] = queue["PolicyDocument"]["Statement"]
    assert (s3["Principal"], s3["Action"]) == ({"Service": "s3.amazonaws.com"}, "sqs:SendMessage")
    assert s3["Resource"] == {"Fn::GetAtt": ["IngestQueue", "Arn"]}
    assert s3["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    [policy] = resources("AWS::S3::BucketPolicy").values()
    [tls, _] = policy["PolicyDocument"]["Statement"]
    assert (tls["Effect"], tls["Principal"], tls["Action"]) == ("Deny", "*", "s3:*")
    assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert {"Fn::GetAtt": ["Bucket", "Arn"]} in tls["Resource"]


def test_only_our_own_distribution_may_read_the_bucket_and_only_images() -> None:
    """It may not list the bucket: whoever asks for / could then read the links of all images."""
    [policy] = resources("AWS::S3::BucketPolicy").values()
    [_, conditional] = policy["PolicyDocument"]["Statement"]
    condition, reading, otherwise = conditional["Fn::If"]
    assert (condition, otherwise) == ("HasLinkDomain", {"Ref": "AWS::NoValue"})
    assert (reading["Effect"], reading["Principal"]) == ("Allow", {"Service": "cloudfront.amazonaws.com"})
    assert (reading["Action"], reading["Resource"]) == (
        "s3:GetObject",
        {"Fn::Sub": "${Bucket.Arn}/images/*"},
    )
    own = "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${LinkDistribution}"
    assert reading["Condition"] == {"StringEquals": {"aws:SourceArn": {"Fn::Sub": own}}}


def test_the_bucket_keeps_no_older_versions() -> None:
    """A deleted object is gone for good; a key is never written with other contents."""
    assert "VersioningConfiguration" not in RESOURCES["Bucket"]["Properties"]


def test_secrets_are_referenced_by_arn_and_never_contained() -> None:
    text = json.dumps(translated())
    assert "{{resolve:" not in text
    for name, parameter in translated()["Parameters"].items():
        if "Default" not in parameter:
            assert name in SECRETS
            assert parameter["AllowedPattern"].startswith("^arn:[a-z-]+:secretsmanager:")
            assert re.fullmatch(parameter["AllowedPattern"], SECRETS[name])
            assert not re.fullmatch(parameter["AllowedPattern"], "mongodb+srv://user:password@host")
    for output in translated()["Outputs"].values():
        assert not any(name in json.dumps(output["Value"]) for name in SECRETS)


def test_the_access_log_has_no_addresses_and_no_paths() -> None:
    [stage] = resources("AWS::ApiGatewayV2::Stage").values()
    logged = set(re.findall(r"\$context\.([\w.]+)", stage["AccessLogSettings"]["Format"]))
    assert logged == {
        "requestTime",
        "requestId",
        "httpMethod",
        "status",
        "responseLatency",
        "error.responseType",
    }
