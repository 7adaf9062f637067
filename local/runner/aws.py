"""An environment and clients that reach only the moto server, with dummy credentials."""

import os
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES
from botocore.session import Session as BotocoreSession

REGION = "us-east-1"
ACCOUNT = "123456789012"  # moto's default account
ACCESS_KEY = "local"
PASSED_ON: tuple[str, ...] = ("PATH", "HOME", "LANG", "TMPDIR", "CATALIGHT_ALLOW_PRIVATE_HOSTS")


def environment(endpoint_url: str) -> dict[str, str]:
    """Return the environment of child processes: none of the user's AWS settings, proxies or Python paths."""
    return {name: os.environ[name] for name in PASSED_ON if name in os.environ} | {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": ACCESS_KEY,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@cache
def session() -> boto3.Session:
    """Return a session with dummy credentials that ignores the user's AWS_* variables and files."""
    variables = {
        name: (config_name, None, default, convert)
        for name, (config_name, _, default, convert) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items()
    }
    for name in ("config_file", "credentials_file"):
        variables[name] = (None, None, os.devnull, None)
    return boto3.Session(
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=ACCESS_KEY,
        region_name=REGION,
        botocore_session=BotocoreSession(session_vars=variables),
    )


def client(name: str, endpoint_url: str) -> Any:
    """Return a client of the moto server, without proxies, and without retries as moto does not throttle."""
    config = Config(proxies={}, retries={"total_max_attempts": 1}, max_pool_connections=32)
    create: Any = session().client  # its type overloads need a literal name
    return create(name, endpoint_url=endpoint_url, config=config)
