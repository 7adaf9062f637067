"""Dummy AWS: an environment and clients that cannot reach anything but the moto server."""

import os
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES
from botocore.session import Session as BotocoreSession

REGION = "us-east-1"
ACCOUNT = "123456789012"  # the one that moto plays
ACCESS_KEY = "local"
PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "CATALIGHT_ALLOW_PRIVATE_HOSTS")


def environment(endpoint_url: str) -> dict[str, str]:
    """What every child process gets: nothing of the user's AWS settings, proxies or Python paths."""
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
    """A session with dummy credentials that ignores the user's AWS_* variables and files."""
    deaf = {
        name: (config_name, None, default, convert)
        for name, (config_name, _, default, convert) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items()
    }
    for name in ("config_file", "credentials_file"):
        deaf[name] = (None, None, os.devnull, None)
    return boto3.Session(
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=ACCESS_KEY,
        region_name=REGION,
        botocore_session=BotocoreSession(session_vars=deaf),
    )


def client(name: str, endpoint_url: str) -> Any:
    """A client of the moto server; no proxy, and no retries, because moto does not throttle."""
    config = Config(proxies={}, retries={"total_max_attempts": 1}, max_pool_connections=32)
    create: Any = session().client  # its overloads want a literal name
    return create(name, endpoint_url=endpoint_url, config=config)
