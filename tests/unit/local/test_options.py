"""The settings of `make run` are checked before anything starts."""

from pathlib import Path

import pytest

from local import options
from local.runner.errors import LocalError


def test_without_settings_only_this_machine_reaches_a_system_without_keys() -> None:
    found = options.read({})
    assert (found["host"], found["port"], found["data"]) == ("127.0.0.1", 8000, None)
    assert found["parameters"] == {"Authentication": "none"}


def test_settings_that_are_empty_are_as_if_not_given() -> None:
    empty = dict.fromkeys(("PORT", "HOST", "DATA", "PARAMETERS", "AUTHENTICATION", "AWS_PORT", "LOGS"), "")
    assert options.read(empty) == options.read({})


def test_what_other_machines_reach_requires_keys_and_refuses_private_addresses() -> None:
    assert options.read({"HOST": "0.0.0.0"})["parameters"] == {"Authentication": "keys"}
    assert options.read({"HOST": "::1"})["parameters"] == {"Authentication": "none"}
    for open_door in ({"AUTHENTICATION": "none"}, {"PARAMETERS": "Authentication=none"}):
        with pytest.raises(LocalError, match="lets other machines reach the API, so it needs keys"):
            options.read({"HOST": "0.0.0.0"} | open_door)
    with pytest.raises(LocalError, match="must not fetch from private addresses"):
        options.read({"HOST": "192.0.2.1", "CATALIGHT_ALLOW_PRIVATE_HOSTS": "1"})
    with pytest.raises(LocalError, match="HOST must be an IP address"):
        options.read({"HOST": "example"})


def test_parameters_are_those_of_the_template() -> None:
    given = "ImageConcurrency=4 ContactUrl=mailto:a@example.com 'ImageRetryPauses=1,2'"
    found = options.read({"PARAMETERS": given, "AUTHENTICATION": "keys"})["parameters"]
    assert found == {
        "ImageConcurrency": "4",
        "ContactUrl": "mailto:a@example.com",
        "ImageRetryPauses": "1,2",
        "Authentication": "keys",
    }


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("ImageConcurency=4", "ImageConcurency is not a parameter. There are: .*ImageConcurrency, .*Window"),
        ("WebhookSecretArn=x", "WebhookSecretArn is not a parameter"),
        ("ImageConcurrency", r"ImageConcurrency has no value \(NAME=VALUE\)"),
        ("ImageConcurrency=1", "ImageConcurrency must be at least 2, not '1'"),
        ("ImageConcurrency=many", "ImageConcurrency must be a number, not 'many'"),
        ("FetchSeconds=61", "FetchSeconds must be at most 60"),
        ("Authentication=no", "Authentication must be one of keys, none"),
        ("FetchPorts=http", "FetchPorts must be like "),
        ("'", "PARAMETERS cannot be read: No closing quotation"),
    ],
)
def test_a_wrong_parameter_is_refused_with_what_it_should_be(given: str, message: str) -> None:
    with pytest.raises(LocalError, match=message):
        options.read({"PARAMETERS": given})


@pytest.mark.parametrize("value", ["0", "65536", "http"])
def test_a_port_is_a_number(value: str) -> None:
    for name in ("PORT", "AWS_PORT"):
        with pytest.raises(LocalError, match=f"{name} must be a number from 1 to 65535"):
            options.read({name: value})


def test_data_is_an_absolute_path() -> None:
    assert options.read({"DATA": "some"})["data"] == Path("some").resolve()
