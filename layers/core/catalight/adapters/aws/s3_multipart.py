"""Multipart uploads on S3 that outlive the function which began them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from catalight.adapters.aws.clients import unavailable_when_down
from catalight.domain.errors import UploadGoneError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

GONE = frozenset({"NoSuchUpload", "InvalidPart"})
"""The upload was completed or aborted, or a part was stored again with other contents.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
"""

SEPARATOR = " "


class S3Uploads:
    """`catalight.usecases.ports.Uploads` on one bucket."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def begin(self, key: str, media_type: str) -> str:
        with unavailable_when_down("S3"):
            answer = self._client.create_multipart_upload(
                Bucket=self._bucket, Key=key, ContentType=media_type
            )
        return answer["UploadId"]

    def put_part(self, key: str, upload: str, number: int, data: BytesIO) -> str:
        with _gone_is_known():
            answer = self._client.upload_part(
                Bucket=self._bucket, Key=key, UploadId=upload, PartNumber=number, Body=data
            )
        # boto3 begins uploads with checksums, and S3 then wants that of each part again to complete one.
        return SEPARATOR.join(filter(None, (answer["ETag"], answer.get("ChecksumCRC32"))))

    def complete(self, key: str, upload: str, parts: Sequence[str]) -> None:
        listed = [_listed(number, part) for number, part in enumerate(parts, 1)]
        with _gone_is_known():
            self._client.complete_multipart_upload(
                Bucket=self._bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": listed}
            )

    def abort(self, key: str, upload: str) -> None:
        try:
            with _gone_is_known():
                self._client.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=upload)
        except UploadGoneError:
            return


def _listed(number: int, part: str) -> "CompletedPartTypeDef":
    etag, _, checksum = part.partition(SEPARATOR)
    listed: CompletedPartTypeDef = {"PartNumber": number, "ETag": etag}
    return {**listed, "ChecksumCRC32": checksum} if checksum else listed


@contextmanager
def _gone_is_known() -> Iterator[None]:
    """Raise UploadGoneError for an upload that is gone, and UnavailableError in an outage."""
    try:
        with unavailable_when_down("S3"):
            yield
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            raise UploadGoneError from error
        raise
