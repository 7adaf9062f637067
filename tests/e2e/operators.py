"""An operator who runs make, with a server of moto in the place of AWS."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3

from local.runner.children import PROJECT, Child, free_port, listening
from tests.translated import SECRETS

REGION: Final = "eu-central-1"


@dataclass(frozen=True, slots=True)
class Operator:
    """Has credentials, a region and the ARNs of the secrets in the environment."""

    environment: dict[str, str]
    folder: Path

    def make(self, *arguments: str, answer: str = "") -> str:
        """Run make without a terminal, and give the answer; return what it prints, unless it fails."""
        log = self.folder / "make.log"
        with log.open("w") as output:
            ran = subprocess.run(
                ["make", *arguments],
                cwd=PROJECT,
                env=self.environment,
                input=answer,
                text=True,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=600,
                check=False,
            )
        assert ran.returncode == 0, log.read_text()[-3000:]
        return log.read_text()

    def client(self, service: str) -> Any:
        """Return a client of boto3."""
        create: Any = boto3.Session("test", "test", region_name=REGION).client
        return create(service, endpoint_url=self.environment["AWS_ENDPOINT_URL"])


@contextmanager
def operator(server: str, folder: Path) -> Iterator[Operator]:
    """Start moto by the module `server`, and stop it at the end."""
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = kept | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": f"http://localhost:{port}",  # moto finds no bucket by a numeric address
        "MONGODB_URI_SECRET_ARN": SECRETS["MongoDbUriSecretArn"],
        "WEBHOOK_SECRET_ARN": SECRETS["WebhookSecretArn"],
        "SAM_CLI_POLL_DELAY": "0.2",  # seconds; moto is done at once
    }
    moto = Child("moto", [sys.executable, "-m", server, str(port)], environment, folder / "moto.log")
    try:
        moto.wait_until(lambda: listening(port))
        yield Operator(environment, folder)
    finally:
        moto.stop()
