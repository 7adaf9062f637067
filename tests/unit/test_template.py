"""What the template promises: safe defaults, and numbers that fit each other."""

import re
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
DEFAULTS = {name: parameter.get("Default") for name, parameter in TEMPLATE["Parameters"].items()}
RESOURCES = TEMPLATE["Resources"]


def resources(kind: str) -> dict[str, Any]:
    found = {name: resource["Properties"] for name, resource in RESOURCES.items() if resource["Type"] == kind}
    assert found
    return found


@pytest.mark.parametrize("function", ["Image", "Aggregator", "Chores"])
def test_visibility_is_six_times_the_functions_timeout(function: str) -> None:
    assert DEFAULTS[f"{function}Visibility"] == 6 * DEFAULTS[f"{function}Timeout"]


def test_every_queue_that_feeds_a_function_has_a_dead_letter_queue_that_keeps_14_days() -> None:
    queues = resources("AWS::SQS::Queue")
    dead_letters = {name for name in queues if "DeadLetter" in name}
    for name, queue in queues.items():
        if name in dead_letters:
            assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600
        else:
            target = queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"]
            assert target in ([f"{name.removesuffix('Queue')}DeadLetterQueue", "Arn"],)


def test_every_queue_is_encrypted() -> None:
    assert all(queue["SqsManagedSseEnabled"] is True for queue in resources("AWS::SQS::Queue").values())


def test_sqs_events_name_the_records_that_failed() -> None:
    for function in resources("AWS::Serverless::Function").values():
        for event in function.get("Events", {}).values():
            if event["Type"] == "SQS":
                assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
                assert event["Properties"]["BatchSize"] == 1


def test_nothing_unauthenticated_is_deployed() -> None:
    assert DEFAULTS["Authentication"] == "keys"
    api = resources("AWS::Serverless::Function")["ApiFunction"]
    assert api["Environment"]["Variables"]["AUTHENTICATION"] == {"Ref": "Authentication"}
    for function in resources("AWS::Serverless::Function").values():
        assert "FunctionUrlConfig" not in function
        for event in function.get("Events", {}).values():
            assert "Auth" not in event["Properties"]


@pytest.mark.parametrize(
    ("origins", "taken"),
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
def test_pages_of_other_origins_are_let_in_by_name_only(origins: str, *, taken: bool) -> None:
    assert DEFAULTS["CorsOrigins"] == ""
    assert bool(re.search(TEMPLATE["Parameters"]["CorsOrigins"]["AllowedPattern"], origins)) == taken


def test_buckets_are_encrypted_closed_and_forget() -> None:
    for bucket in resources("AWS::S3::Bucket").values():
        assert bucket["BucketEncryption"]
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert {"images", "results", "parts"} <= {
            rule["Id"] for rule in bucket["LifecycleConfiguration"]["Rules"]
        }


def test_functions_that_send_themselves_messages_are_not_taken_for_runaways() -> None:
    functions = resources("AWS::Serverless::Function")
    assert {name for name, function in functions.items() if function.get("RecursiveLoop") == "Allow"} == {
        "ImageFunction",
        "AggregatorFunction",
        "DeadLetterFunction",
    }


def test_patience_outlasts_a_crash() -> None:
    assert DEFAULTS["Patience"] > DEFAULTS["ImageVisibility"] + DEFAULTS["ImageTimeout"]


def test_one_catalogue_is_no_attack_on_its_supplier() -> None:
    assert DEFAULTS["ImageConcurrency"] * DEFAULTS["HostConnections"] <= 40


def test_dead_letters_are_handled_or_raise_an_alarm() -> None:
    alarms = resources("AWS::CloudWatch::Alarm").values()
    watched = {str(alarm["Dimensions"][0]["Value"]) for alarm in alarms}
    for name in resources("AWS::SQS::Queue"):
        if "DeadLetter" in name:
            assert str({"Fn::GetAtt": [name, "QueueName"]}) in watched
    assert all(alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}] for alarm in alarms)


def test_whoever_calls_out_is_told_where_it_may() -> None:
    variables = {
        name: function["Environment"]["Variables"]
        for name, function in resources("AWS::Serverless::Function").items()
    }
    for name in ("ImageFunction", "AggregatorFunction", "ApiFunction"):
        assert variables[name]["FETCH_PORTS"] == {"Ref": "FetchPorts"}
    for name in ("ImageFunction", "AggregatorFunction"):
        assert variables[name]["CONTACT_URL"] == {"Ref": "ContactUrl"}
        assert variables[name]["RES_OPTIONS"]
    assert "CATALIGHT_ALLOW_PRIVATE_HOSTS" not in str(TEMPLATE)
    assert (DEFAULTS["FetchPorts"], DEFAULTS["ContactUrl"]) == ("", "")


def test_the_bucket_outlives_what_it_is_asked_to_keep() -> None:
    assert DEFAULTS["LongestDays"] > DEFAULTS["RetentionDays"]
