"""Properties of the template: safe defaults and consistent numbers."""

import re
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from tests.pipeline import RECEIVES
from tests.translated import translated

ROOT = Path(__file__).parents[2]
TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
DEFAULTS = {name: parameter.get("Default") for name, parameter in TEMPLATE["Parameters"].items()}
RESOURCES = TEMPLATE["Resources"]


def resources(kind: str) -> dict[str, Any]:
    found = {name: resource["Properties"] for name, resource in RESOURCES.items() if resource["Type"] == kind}
    assert found
    return found


def test_every_queue_that_feeds_a_function_has_a_dead_letter_queue_that_keeps_14_days() -> None:
    queues = resources("AWS::SQS::Queue")
    dead_letters = {name for name in queues if "DeadLetter" in name}
    for name, queue in queues.items():
        if name in dead_letters:
            assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600
        else:
            target = queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"]
            assert target in ([f"{name.removesuffix('Queue')}DeadLetterQueue", "Arn"],)


def test_a_message_is_received_at_least_five_times_because_those_that_lambda_cannot_start_count_too() -> None:
    """Five is Lambda's own advice: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""
    assert TEMPLATE["Parameters"]["ImageReceives"]["MinValue"] == DEFAULTS["ImageReceives"] == RECEIVES
    for queue in resources("AWS::SQS::Queue").values():
        if policy := queue.get("RedrivePolicy"):
            receives = policy["maxReceiveCount"]
            receives = DEFAULTS[receives["Ref"]] if isinstance(receives, dict) else receives
            assert receives >= 5
            retained = queue.get("MessageRetentionPeriod", 4 * 24 * 3600)
            assert receives * DEFAULTS[queue["VisibilityTimeout"]["Ref"]] < retained


def test_every_queue_starts_only_as_many_functions_as_its_mapping_allows() -> None:
    for function in resources("AWS::Serverless::Function").values():
        for event in function.get("Events", {}).values():
            if event["Type"] == "SQS":
                limit = event["Properties"]["ScalingConfig"]
                if "Fn::If" in limit:  # provisioned pollers limit by their number
                    condition, without, limit = limit["Fn::If"]
                    pollers = event["Properties"]["ProvisionedPollerConfig"]["Fn::If"]
                    assert pollers[0] == condition
                    assert pollers[1].keys() == {"MinimumPollers", "MaximumPollers"}
                    assert pollers[2] == without == {"Ref": "AWS::NoValue"}
                assert limit["MaximumConcurrency"]


def test_no_resource_has_a_fixed_name() -> None:
    """Two deployments in one account would collide on it."""
    named = {
        (resource["Type"], key)
        for resource in translated()["Resources"].values()
        for key in resource.get("Properties", {})
        if key == "Name" or (key.endswith("Name") and key != "DisplayName")
    }
    references = {  # the names of other things than the resource itself
        ("AWS::CloudWatch::Alarm", "MetricName"),
        ("AWS::Lambda::EventInvokeConfig", "FunctionName"),
        ("AWS::Lambda::EventSourceMapping", "FunctionName"),
        ("AWS::Lambda::Permission", "FunctionName"),
        ("AWS::ApiGatewayV2::Stage", "StageName"),
        ("AWS::Lambda::Version", "FunctionName"),
        ("AWS::Lambda::Alias", "FunctionName"),
        ("AWS::Lambda::Alias", "Name"),  # of its function
        ("AWS::CodeDeploy::DeploymentGroup", "ApplicationName"),
        ("AWS::CodeDeploy::DeploymentGroup", "DeploymentConfigName"),
    }
    of_stack = {("AWS::CloudWatch::Alarm", "AlarmName")}  # begins with the stack's: see test_releases.py
    versioned = {("AWS::Lambda::LayerVersion", "LayerName")}  # stacks only add versions under it
    assert named <= references | versioned | of_stack


def test_every_queue_is_encrypted() -> None:
    """By a key of SQS, or by one of the account's own."""
    nothing, own = {"Ref": "AWS::NoValue"}, {"Ref": "KmsKeyArn"}
    for queue in resources("AWS::SQS::Queue").values():
        assert queue["SqsManagedSseEnabled"] == {"Fn::If": ["HasKey", nothing, True]}
        assert queue["KmsMasterKeyId"] == {"Fn::If": ["HasKey", own, nothing]}


def test_the_key_of_the_account_encrypts_the_bucket_the_logs_and_the_alarms_too() -> None:
    nothing, own = {"Ref": "AWS::NoValue"}, {"Ref": "KmsKeyArn"}
    [bucket] = resources("AWS::S3::Bucket").values()
    [rule] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": {"Fn::If": ["HasKey", "aws:kms", "AES256"]},
        "KMSMasterKeyID": {"Fn::If": ["HasKey", own, nothing]},
    }
    for group in resources("AWS::Logs::LogGroup").values():
        assert group["KmsKeyId"] == {"Fn::If": ["HasKey", own, nothing]}
    [topic] = resources("AWS::SNS::Topic").values()
    assert topic["KmsMasterKeyId"] == {"Fn::If": ["HasKey", own, nothing]}


def test_sqs_handlers_report_batch_item_failures() -> None:
    for function in resources("AWS::Serverless::Function").values():
        for event in function.get("Events", {}).values():
            if event["Type"] == "SQS":
                assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
                assert event["Properties"]["BatchSize"] == 1


def test_the_events_of_every_queue_are_counted() -> None:
    """With partial batch responses, Lambda counts no error of a message that is reported as failed."""
    for function in resources("AWS::Serverless::Function").values():
        for event in function.get("Events", {}).values():
            if event["Type"] == "SQS":
                assert event["Properties"]["MetricsConfig"] == {"Metrics": ["EventCount"]}


def test_functions_log_json_are_traced_and_have_metrics_of_their_stack() -> None:
    functions = [
        resource["Properties"]
        for resource in translated()["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
    ]
    for function in functions:
        logging = function["LoggingConfig"]
        assert (logging["LogFormat"], logging["ApplicationLogLevel"]) == ("JSON", {"Ref": "LogLevel"})
        assert function["TracingConfig"] == {"Mode": "Active"}
        namespace = function["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"]
        assert namespace == {"Fn::Sub": "Catalight/${AWS::StackName}"}


def test_no_log_level_drops_the_facts_which_are_metrics_too() -> None:
    assert TEMPLATE["Parameters"]["LogLevel"]["AllowedValues"] == ["DEBUG", "INFO"]


def test_a_function_that_is_invoked_asynchronously_is_not_retried_by_lambda() -> None:
    """The schedule's RetryPolicy governs delivery only. API Gateway and SQS invoke synchronously."""
    functions = resources("AWS::Serverless::Function")
    asynchronous = {
        name
        for name, function in functions.items()
        if {event["Type"] for event in function.get("Events", {}).values()} - {"HttpApi", "SQS"}
    }
    assert asynchronous == {"SweeperFunction"}
    configured = [
        resource["Properties"]
        for resource in translated()["Resources"].values()
        if resource["Type"] == "AWS::Lambda::EventInvokeConfig"
    ]
    assert [properties["FunctionName"] for properties in configured] == [
        {"Ref": name} for name in asynchronous
    ]
    for properties in configured:
        assert properties["Qualifier"] == "$LATEST"
        assert (properties["MaximumRetryAttempts"], properties["MaximumEventAgeInSeconds"]) == (0, 60)


def test_nothing_unauthenticated_is_deployed() -> None:
    assert DEFAULTS["Authentication"] == "keys"
    api = resources("AWS::Serverless::Function")["ApiFunction"]
    assert api["Environment"]["Variables"]["AUTHENTICATION"] == {"Ref": "Authentication"}
    for function in resources("AWS::Serverless::Function").values():
        assert "FunctionUrlConfig" not in function
        for event in function.get("Events", {}).values():
            assert "Auth" not in event["Properties"]


@pytest.mark.parametrize(
    ("origins", "accepted"),
    [
        ("", True),
        ("*", True),
        ("https://shop.example", True),
        ("https://shop.example,http://localhost:3000", True),
        ("https://shop.example/", False),
        ("https://*.shop.example", False),
        ("https://shop.example,*", False),
        ("shop.example", False),
    ],
)
def test_cors_origins_are_empty_by_default_and_listed_by_name(origins: str, *, accepted: bool) -> None:
    assert DEFAULTS["CorsOrigins"] == ""
    assert bool(re.search(TEMPLATE["Parameters"]["CorsOrigins"]["AllowedPattern"], origins)) == accepted


def test_buckets_are_encrypted_private_and_expire_objects() -> None:
    for bucket in resources("AWS::S3::Bucket").values():
        assert bucket["BucketEncryption"]
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert {"images", "results", "uploads", "spools", "parts"} <= {
            rule["Id"] for rule in bucket["LifecycleConfiguration"]["Rules"]
        }


def test_buckets_outlive_their_stack_and_all_else_goes_with_it() -> None:
    kept = {name for name, resource in RESOURCES.items() if "DeletionPolicy" in resource}
    assert kept == resources("AWS::S3::Bucket").keys()
    for name in kept:
        assert RESOURCES[name]["DeletionPolicy"] == "RetainExceptOnCreate"
        assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize(
    ("origin", "accepted"),
    [("*", True), ("https://shop.example", True), ("https://shop.example/", False), ("shop.example", False)],
)
def test_pages_may_send_forms_to_buckets_and_read_links(origin: str, *, accepted: bool) -> None:
    parameter = TEMPLATE["Parameters"]["BucketOrigins"]
    assert bool(re.search(parameter["AllowedPattern"], origin)) == accepted
    assert parameter["Default"] == "*"
    for bucket in resources("AWS::S3::Bucket").values():
        (rule,) = bucket["CorsConfiguration"]["CorsRules"]
        assert rule["AllowedOrigins"] == {"Ref": "BucketOrigins"}
        assert set(rule["AllowedMethods"]) == {"GET", "HEAD", "POST"}


def test_functions_that_send_messages_to_themselves_allow_recursive_loops() -> None:
    functions = resources("AWS::Serverless::Function")
    assert {name for name, function in functions.items() if function.get("RecursiveLoop") == "Allow"} == {
        "ImageFunction",
        "AggregatorFunction",
        "DeadLetterFunction",
        "ExportFunction",
        "IngestFunction",
    }


def test_connections_to_one_host_are_limited() -> None:
    assert DEFAULTS["ImageConcurrency"] * DEFAULTS["HostConnections"] <= 40


def test_functions_with_outgoing_calls_have_the_egress_settings() -> None:
    variables = {
        name: function["Environment"]["Variables"]
        for name, function in resources("AWS::Serverless::Function").items()
    }
    for name in ("ImageFunction", "AggregatorFunction", "ApiFunction"):
        assert variables[name]["FETCH_PORTS"] == {"Ref": "FetchPorts"}
    for name in ("ImageFunction", "AggregatorFunction"):
        assert variables[name]["CONTACT_URL"] == {"Ref": "ContactUrl"}
    assert "CATALIGHT_ALLOW_PRIVATE_HOSTS" not in str(TEMPLATE)
    assert (DEFAULTS["FetchPorts"], DEFAULTS["ContactUrl"]) == ("", "")
