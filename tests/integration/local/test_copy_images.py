"""The commands of docs/deploy.md that copy images into another bucket, against the moto server."""

import re
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from catalight.adapters.aws.s3 import KEEP, S3Store
from catalight.domain.job import links
from local.runner import aws

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/deploy.md").read_text()
[COPY] = re.findall(r"^    \.venv/bin/(python -m local\.copy_images .*)$", PAGE, flags=re.MULTILINE)
[EXCHANGE] = re.findall(r"^    (sed -i .*)$", PAGE, flags=re.MULTILINE)
NAMES = [None, "Größe-1-鞋", "SKU.12"]
LINKS = [links.link(b"secret", 1, 0, n, "http://h/a.jpg", "jpg", stem) for n, stem in enumerate(NAMES)]
API = "https://x.execute-api.eu-central-1.amazonaws.com"


@pytest.fixture
def s3(aws_endpoint: str) -> Any:
    return aws.client("s3", aws_endpoint)


@pytest.fixture
def buckets(s3: Any) -> list[str]:
    """The deployment's bucket, with three images, and another."""
    names = [uuid.uuid4().hex, uuid.uuid4().hex]
    for name in names:
        s3.create_bucket(Bucket=name)
    for link in LINKS:
        S3Store(s3, names[0]).put(links.image_key(link), link.encode(), "image/jpeg")
    return names


@pytest.fixture
def result(tmp_path: Path) -> Path:
    urls = ",".join(links.image_url(API, link) for link in LINKS)
    path = tmp_path / "products-catalight.csv"
    path.write_text(f'SKU,Output Image Urls\r\n1,"{urls}"\r\n2,{API}/images/no-link\r\n')
    return path


def run(command: str, result: Path, buckets: list[str], endpoint: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the page, with the paths and the buckets of this test."""
    command = command.replace(result.name, str(result)).replace("python", sys.executable, 1)
    for name, bucket in zip(("DEPLOYMENT_BUCKET", "YOUR_BUCKET"), buckets, strict=True):
        command = command.replace(name, bucket)
    variables = aws.environment(endpoint) | {"PYTHONPATH": f"{ROOT}:{ROOT}/layers/core"}
    return subprocess.run(
        command, shell=True, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_images_of_a_result_are_copied(
    s3: Any, aws_endpoint: str, buckets: list[str], result: Path
) -> None:
    for _ in range(2):
        done = run(COPY, result, buckets, aws_endpoint)
        assert (done.returncode, done.stdout) == (0, "3 images copied, 0 missing\n"), done.stderr
    for link in LINKS:
        copy = s3.get_object(Bucket=buckets[1], Key=links.image_key(link))
        assert copy["Body"].read() == link.encode()
        assert (copy["ContentType"], copy["CacheControl"]) == ("image/jpeg", KEEP)


def test_the_links_of_the_result_lead_to_the_copies(
    s3: Any, aws_endpoint: str, buckets: list[str], result: Path
) -> None:
    assert run(COPY, result, buckets, aws_endpoint).returncode == 0
    assert run(EXCHANGE, result, buckets, aws_endpoint).returncode == 0
    urls = re.findall(r"https://images\.example\.com/([^,\"]+\.jpg)", result.read_text())
    stored = [s3.get_object(Bucket=buckets[1], Key=unquote(url))["Body"].read().decode() for url in urls]
    assert stored == LINKS


def test_a_missing_image_is_named_and_the_others_are_copied(
    s3: Any, aws_endpoint: str, buckets: list[str], result: Path
) -> None:
    s3.delete_object(Bucket=buckets[0], Key=links.image_key(LINKS[0]))
    done = run(COPY, result, buckets, aws_endpoint)
    assert (done.returncode, done.stdout) == (1, "2 images copied, 1 missing\n")
    assert LINKS[0] in done.stderr


def test_a_file_without_links_and_a_wrong_bucket_are_errors(
    aws_endpoint: str, buckets: list[str], result: Path
) -> None:
    refused = run(COPY, result, [buckets[0], "nothing"], aws_endpoint)
    assert (refused.returncode, "NoSuchBucket" in refused.stderr) == (1, True)
    result.write_bytes(b"PK\3\4")
    refused = run(COPY, result, buckets, aws_endpoint)
    assert (refused.returncode, "has no links of images" in refused.stderr) == (1, True)
