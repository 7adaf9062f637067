"""Multipart uploads and reading against the moto server."""

import io
import uuid
from typing import Any

import pytest

from catalight.adapters.aws.s3 import S3Store
from catalight.adapters.aws.s3_multipart import S3Uploads
from catalight.domain.errors import UploadGoneError
from local.runner import aws

LARGE = b"x" * (5 << 20)


@pytest.fixture
def s3(aws_endpoint: str) -> Any:
    return aws.client("s3", aws_endpoint)


@pytest.fixture
def bucket(s3: Any) -> str:
    name = uuid.uuid4().hex
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def uploads(s3: Any, bucket: str) -> S3Uploads:
    return S3Uploads(s3, bucket)


@pytest.fixture
def store(s3: Any, bucket: str) -> S3Store:
    return S3Store(s3, bucket)


def put(uploads: S3Uploads, upload: str, number: int, data: bytes) -> str:
    return uploads.put_part("a.zip", upload, number, io.BytesIO(data))


def test_parts_become_a_file_in_their_order(uploads: S3Uploads, store: S3Store, s3: Any, bucket: str) -> None:
    upload = uploads.begin("a.zip", "application/zip")
    second = put(uploads, upload, 2, b"end")
    put(uploads, upload, 1, b"y" * (6 << 20))
    first = put(uploads, upload, 1, LARGE)  # again, by another function
    assert not store.exists("a.zip")
    uploads.complete("a.zip", upload, [first, second])
    assert store.read("a.zip") == LARGE + b"end"
    assert s3.head_object(Bucket=bucket, Key="a.zip")["ContentType"] == "application/zip"


def test_a_part_that_was_replaced_by_another_is_noticed(uploads: S3Uploads, store: S3Store) -> None:
    upload = uploads.begin("a.zip", "application/zip")
    first = put(uploads, upload, 1, LARGE)
    put(uploads, upload, 1, LARGE + b"other")
    with pytest.raises(UploadGoneError):
        uploads.complete("a.zip", upload, [first])
    assert not store.exists("a.zip")


def test_aborting_may_be_repeated(uploads: S3Uploads, s3: Any, bucket: str) -> None:
    upload = uploads.begin("a.zip", "application/zip")
    put(uploads, upload, 1, b"end")
    for _ in range(2):
        uploads.abort("a.zip", upload)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def test_an_object_is_read_at_once_or_in_chunks(store: S3Store) -> None:
    store.put("images/a.jpg", LARGE, "image/jpeg")
    assert store.read("images/a.jpg") == LARGE
    chunks = store.stream("images/a.jpg")
    assert chunks is not None
    sizes = [len(chunk) for chunk in chunks]
    assert (sum(sizes), max(sizes)) == (len(LARGE), 1 << 20)
    assert store.read("images/b.jpg") is None
    assert store.stream("images/b.jpg") is None
