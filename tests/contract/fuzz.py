"""Run schemathesis over the whole API of a running system, with all checks on."""

import json
import os
import subprocess
import sys
from pathlib import Path

from functions.api import cursors
from tests.contract.resources import Resources

ROOT = Path(__file__).parents[2]


def fuzz(
    url: str, resources: Resources, folder: Path, answers: Path, *options: str
) -> subprocess.CompletedProcess[str]:
    """Run all phases; the exit code is 0 if every response is as documented. Logs each to `answers`."""
    config = folder / "schemathesis.toml"
    config.write_text(configuration(resources))
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run"]
    command += [f"{url}/openapi.json", "--checks=all", "--continue-on-failure", "--no-color", *options]
    command += [f"--header={name}: {value}" for name, value in resources.headers.items()]
    environment = os.environ | {
        "SCHEMATHESIS_HOOKS": "tests.contract.hooks",
        "CONTRACT_ANSWERS": str(answers),
        "CONTRACT_IMAGES": resources.images,
        "CONTRACT_WEBHOOK": resources.webhook,
        "CONTRACT_JOBS": " ".join(resources.jobs),
        "CONTRACT_DELIVERED": resources.delivered,
    }
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def configuration(resources: Resources) -> str:
    """Return the configuration as TOML; strings and lists have the same syntax as in JSON."""
    token, name = resources.image.split("/")[-2:]
    dictionaries = {
        "jobs": resources.jobs,
        "tokens": [token],
        "names": [name],
        "job_cursors": [resources.job_cursor],
        "row_cursors": [cursors.after_row(0)],
    }
    values = "\n".join(f"{name}.values = {json.dumps(values)}" for name, values in dictionaries.items())
    return f"[dictionaries]\n{values}\n{OPERATIONS}"


# 410 for a deleted job is as correct as 404.
OPERATIONS = """
[cache]
enabled = false

[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", "401", "403", "404", "409", "410", "429"]

[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "409", "410", "413", "415", "422", "429"]

[[operations]]
include-path-regex = "request_id"
exclude-operation-id = ["cancel", "delete"]  # these run on their own jobs, which OpenAPI links lead to
[operations.parameters]
"path.request_id" = {dictionary = "jobs", probability = 0.5}

[[operations]]
include-path-regex = "^/images/"
[operations.parameters]
"path.token" = {dictionary = "tokens", probability = 0.9}
"path.name" = {dictionary = "names", probability = 0.9}

[[operations]]
include-path = "/jobs"
[operations.parameters]
"query.cursor" = {dictionary = "job_cursors"}

[[operations]]
include-path = "/jobs/{request_id}/rows"
[operations.parameters]
"query.cursor" = {dictionary = "row_cursors"}
"""
