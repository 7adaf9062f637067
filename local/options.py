"""The settings of `make run`: what its environment variables mean, checked before anything starts."""

import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from catalight.domain import consistency
from local import running
from local.runner.children import HOST, PROJECT, is_loopback
from local.runner.errors import LocalError
from local.runner.system import MONGODB_PARAMETER, WEBHOOK_PARAMETER
from local.runner.template import load

DEFAULT_PORT = 8000
AUTHENTICATION = ("keys", "none")
OWN = (MONGODB_PARAMETER, WEBHOOK_PARAMETER)  # the runner makes these secrets itself
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def read(env: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return the options of the System; raise LocalError for what is wrong in one of them."""
    port = _port("PORT", env.get("PORT") or str(DEFAULT_PORT))
    host = env.get("HOST") or HOST
    found = parameters(env.get("PARAMETERS", ""))
    logs = Path(env["LOGS"]) if env.get("LOGS") else running.folder(port)
    return {
        "port": port,
        "host": host,
        "aws_port": _port("AWS_PORT", env["AWS_PORT"]) if env.get("AWS_PORT") else 0,
        "folder": logs,
        "data": Path(env["DATA"]).expanduser().resolve() if env.get("DATA") else None,
        "parameters": found | {"Authentication": _authentication(host, found, env)},
    }


def parameters(text: str, template: Path = PROJECT / "template.yaml") -> dict[str, str]:
    """Return what `given` returns; raise LocalError too if it contradicts itself or the defaults."""
    found = given(text, template)
    if problem := next(consistency.problems(numbers(declared(template), found)), ""):
        raise LocalError(f"PARAMETERS: {problem}.")
    return found


def given(text: str, template: Path = PROJECT / "template.yaml") -> dict[str, str]:
    """Return the template's parameters that `text` gives (NAME=VALUE, separated by spaces), each checked."""
    known = declared(template)
    found: dict[str, str] = {}
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise LocalError(f"PARAMETERS cannot be read: {error}.") from error
    for word in words:
        name, separator, value = word.partition("=")
        if not separator or name not in known:
            problem = "is not a parameter" if separator else "has no value (NAME=VALUE)"
            raise LocalError(f"PARAMETERS: {name} {problem}. There are: {', '.join(sorted(known))}.")
        if problem := problem_of(known[name], value):
            raise LocalError(
                f"PARAMETERS: {name} must be {problem}, not {value!r}. ({known[name].get('Description')})"
            )
        found[name] = value
    return found


def declared(template: Path = PROJECT / "template.yaml") -> dict[str, dict[str, Any]]:
    """Return the template's parameters, without those that the runner sets itself."""
    entries: dict[str, dict[str, Any]] = load(template).get("Parameters", {})
    return {name: entry for name, entry in entries.items() if name not in OWN}


def numbers(declared: Mapping[str, Mapping[str, Any]], given: Mapping[str, str]) -> dict[str, float]:
    """Return the value of each parameter that is a number: the given one, or else the default."""
    return {
        name: float(given.get(name, entry["Default"]))
        for name, entry in declared.items()
        if entry["Type"] == "Number"
    }


def problem_of(declared: Mapping[str, Any], value: str) -> str:
    """Return what a value of a parameter should be, as the template says; empty if it is that."""
    if declared["Type"] == "Number":
        if not NUMBER.fullmatch(value):
            return "a number"
        if float(value) < declared.get("MinValue", float("-inf")):
            return f"at least {declared['MinValue']}"
        if float(value) > declared.get("MaxValue", float("inf")):
            return f"at most {declared['MaxValue']}"
    allowed = [str(one) for one in declared.get("AllowedValues", [])]
    if allowed and value not in allowed:
        return f"one of {', '.join(allowed)}"
    if not re.fullmatch(declared.get("AllowedPattern", ".*"), value):
        return f"like {declared['AllowedPattern']}"
    return ""


def _authentication(host: str, given: Mapping[str, str], env: Mapping[str, str]) -> str:
    """Return whether keys are required; whoever else can reach the API needs one, and gets no way inside."""
    open_to_others = not is_loopback(host)
    wanted = (
        env.get("AUTHENTICATION") or given.get("Authentication") or ("keys" if open_to_others else "none")
    )
    if wanted not in AUTHENTICATION:
        raise LocalError(f"AUTHENTICATION must be keys or none, not {wanted!r}.")
    if open_to_others and wanted == "none":
        raise LocalError(
            f"HOST={host} lets other machines reach the API, so it needs keys: unset AUTHENTICATION."
        )
    if open_to_others and env.get("CATALIGHT_ALLOW_PRIVATE_HOSTS") == "1":
        raise LocalError(
            f"HOST={host} lets other machines reach the API, so it must not fetch from private addresses: "
            "unset CATALIGHT_ALLOW_PRIVATE_HOSTS."
        )
    return wanted


def _port(name: str, value: str) -> int:
    if not (value.isdecimal() and 0 < int(value) < 65536):
        raise LocalError(f"{name} must be a number from 1 to 65535, not {value!r}.")
    return int(value)
