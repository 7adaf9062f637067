"""Copies the images of results into another bucket, under the same keys."""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from catalight.domain.job import links
from local.runner.errors import LocalError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

AT_ONCE = 32  # S3 copies by itself, so this machine only sends requests
CONFIG = Config(max_pool_connections=AT_ONCE, retries={"mode": "standard", "total_max_attempts": 5})
_LINK = re.compile(rb"/images/([A-Za-z0-9_-]+/[A-Za-z0-9_.%-]+)")
_GONE = {"NoSuchKey", "404"}


def keys(result: Path) -> set[str]:
    """Return the keys of the images that a result links to. It may be of any format that is text."""
    found = {unquote(link.decode()) for link in _LINK.findall(result.read_bytes())}
    images = {links.image_key(link) for link in found if links.is_link(link)}
    if not images:
        raise LocalError(f"{result} has no links of images. Is it a result as CSV or JSON lines?")
    return images


def copy(s3: "S3Client", images: Iterable[str], source: str, target: str) -> Counter[bool]:
    """Copy the objects with these keys. Return how many were there, and how many were not."""

    def copied(key: str) -> bool:
        try:
            s3.copy_object(CopySource={"Bucket": source, "Key": key}, Bucket=target, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                print(f"{key} is not there", file=sys.stderr)
                return False
            raise
        return True

    with ThreadPoolExecutor(AT_ONCE) as pool:
        copies = [pool.submit(copied, key) for key in sorted(images)]
        try:
            return Counter(copy.result() for copy in copies)
        except (BotoCoreError, ClientError) as error:
            pool.shutdown(cancel_futures=True)
            raise LocalError(f"AWS: {error}") from error


def main() -> int:
    """Print how many images were copied. Return 1 if some are missing, or if there is another error."""
    command_line = argparse.ArgumentParser(prog="python -m local.copy_images", description=__doc__)
    command_line.add_argument("results", type=Path, nargs="+", help="results as CSV or JSON lines")
    command_line.add_argument("--from", dest="source", required=True, help="bucket of the deployment")
    command_line.add_argument("--to", dest="target", required=True, help="bucket of your own")
    arguments = command_line.parse_args()
    try:
        images = set[str]().union(*map(keys, arguments.results))
        copied = copy(boto3.client("s3", config=CONFIG), images, arguments.source, arguments.target)
    except (LocalError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{copied[True]} images copied, {copied[False]} missing")
    return 1 if copied[False] else 0


if __name__ == "__main__":
    sys.exit(main())
