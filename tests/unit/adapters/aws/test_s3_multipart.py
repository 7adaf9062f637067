"""What S3 says of multipart uploads that are gone; moto answers 500 to most of these calls."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from catalight.adapters.aws.s3_multipart import S3Uploads
from catalight.domain.errors import UnavailableError, UploadGoneError
from local.runner import aws

GONE = "NoSuchUpload"


@contextmanager
def refusing(operation: str, code: str, status: int) -> Iterator[S3Uploads]:
    client = aws.client("s3", "http://127.0.0.1:9")
    with Stubber(client) as stub:
        stub.add_client_error(operation, code, http_status_code=status)
        yield S3Uploads(client, "bucket")


def test_a_part_of_an_upload_that_is_gone() -> None:
    with refusing("upload_part", GONE, 404) as uploads, pytest.raises(UploadGoneError):
        uploads.put_part("a.zip", "upload", 1, io.BytesIO(b"x"))


@pytest.mark.parametrize(("code", "status"), [(GONE, 404), ("InvalidPart", 400)])
def test_an_upload_that_is_gone_or_has_another_part_is_not_completed(code: str, status: int) -> None:
    with refusing("complete_multipart_upload", code, status) as uploads, pytest.raises(UploadGoneError):
        uploads.complete("a.zip", "upload", ["etag checksum", "etag"])


def test_an_upload_that_is_gone_needs_no_abortion() -> None:
    with refusing("abort_multipart_upload", GONE, 404) as uploads:
        uploads.abort("a.zip", "upload")


def test_outages_and_missing_permissions_are_neither() -> None:
    with refusing("upload_part", "SlowDown", 503) as uploads, pytest.raises(UnavailableError):
        uploads.put_part("a.zip", "upload", 1, io.BytesIO(b"x"))
    with refusing("upload_part", "AccessDenied", 403) as uploads, pytest.raises(ClientError):
        uploads.put_part("a.zip", "upload", 1, io.BytesIO(b"x"))
